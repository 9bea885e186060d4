using System.Collections.Concurrent;
using Orleans.Runtime;
using OrleansInference.Engine;
using OrleansInference.Engine.Content;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>Has this node's engine serve what the plan says.</summary>
internal sealed class NodeModels(InferenceEngine engine, ClusterNode node, ModelFetcher fetcher)
{
    private readonly ConcurrentDictionary<(string Model, string Revision), int> _offered = new();

    /// <summary>
    /// Until it ends, another revision of a model than the plan's of now is on its way to the director: the plan's is
    /// not restored here meanwhile, since no node may have it any more.
    /// </summary>
    public OfferedModel Offer(string model)
    {
        (string, string) before = (model, node.Plan.Find(model)?.Revision ?? "");
        _offered.AddOrUpdate(before, 1, (_, offers) => offers + 1);
        return new OfferedModel(() =>
        {
            if (_offered.AddOrUpdate(before, 0, (_, offers) => offers - 1) == 0)
            {
                _offered.TryRemove(new KeyValuePair<(string, string), int>(before, 0));
            }
        });
    }

    /// <summary>
    /// Loads and warms a model in the plan's revision: from the repository where that has it, else fetched from a node
    /// that does. Nothing happens where it is served and another is offered in place of the plan's.
    /// </summary>
    /// <exception cref="InferenceException">It cannot be loaded here; the message says why.</exception>
    public async Task EnsureAsync(string model, CancellationToken cancellationToken)
    {
        ClusterPlan plan = node.Plan;
        if (
            plan.Find(model) is not { } planned
            || Serves(planned)
            || (_offered.GetValueOrDefault((model, planned.Revision)) > 0 && engine.ReadyVersions(model).Length > 0)
        )
        {
            return;
        }
        LoadResult result =
            planned.Revision.Length == 0 || engine.Content.ManifestOfRepository(model)?.Revision == planned.Revision
                ? await engine.LoadAsync(model, replacement: null, cancellationToken).ConfigureAwait(false)
                : await FetchAsync(plan, planned, cancellationToken).ConfigureAwait(false);
        if (!result.IsReady && !Serves(planned))
        {
            throw new InferenceException(InferenceError.Internal, result.Reason);
        }
    }

    /// <summary>Drains and unloads a model, unless the plan wants it here still.</summary>
    public async Task ReleaseAsync(string model, CancellationToken cancellationToken)
    {
        if (node.Plan.Find(model) is { } planned && planned.Replicas.Any(replica => replica.Node.Equals(node.Address)))
        {
            return;
        }
        await engine.UnloadAsync(model, cancellationToken).ConfigureAwait(false);
    }

    private async Task<LoadResult> FetchAsync(ClusterPlan plan, ModelPlan planned, CancellationToken cancellationToken)
    {
        IEnumerable<SiloAddress> sources = planned.Sources.Concat(plan.Nodes.Select(other => other.Address));
        (ModelManifest manifest, string folder) = await fetcher
            .FetchAsync(planned.Name, planned.Revision, sources, cancellationToken)
            .ConfigureAwait(false);
        // An ensemble is checked against its steps, which come before it.
        foreach (string step in EngineContent.StepsIn(manifest.ConfigJson, folder))
        {
            await EnsureAsync(step, cancellationToken).ConfigureAwait(false);
        }
        return await engine
            .LoadFetchedAsync(planned.Name, folder, manifest.ConfigJson, cancellationToken)
            .ConfigureAwait(false);
    }

    private bool Serves(ModelPlan planned) =>
        engine.ReadyVersions(planned.Name).Length > 0
        && (
            planned.Revision.Length == 0 || engine.Content.ManifestOfServed(planned.Name)?.Revision == planned.Revision
        );
}
