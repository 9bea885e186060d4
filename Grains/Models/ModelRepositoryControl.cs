using Microsoft.Extensions.Logging;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Nodes;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Models;

/// <summary>
/// Loads and unloads models for the whole cluster. A model is loaded on this node first, from its own repository or
/// from what the call brings. The director then has it loaded where the plan places it.
/// </summary>
internal sealed partial class ModelRepositoryControl(
    InferenceEngine engine,
    ClusterNode node,
    NodeModels models,
    NodeServices services,
    IGrainFactory grains,
    ILogger<ModelRepositoryControl> logger
) : IModelRepository
{
    private IPlacementDirectorGrain Director => grains.GetGrain<IPlacementDirectorGrain>(0);

    /// <inheritdoc />
    public IReadOnlyList<ModelStatus> GetIndex(bool readyOnly)
    {
        IReadOnlyList<ModelStatus> known = engine.Index;
        RoutingSnapshot snapshot = node.Router.Snapshot;
        // What only other nodes serve is ready here too, whatever this node's own line says of it.
        ModelStatus[] elsewhere =
        [
            .. snapshot
                .Models.Where(model => engine.ReadyVersions(model).Length == 0)
                .SelectMany(model =>
                    snapshot
                        .Find(model)!
                        .All.Select(target => target.Route.Version)
                        .Distinct()
                        .Select(version => new ModelStatus(model, version, ModelState.Ready, ""))
                ),
        ];
        HashSet<string> remote = [.. elsewhere.Select(line => line.Name)];
        known =
        [
            .. known
                .Where(line => !remote.Contains(line.Name))
                .Concat(elsewhere)
                .OrderBy(line => line.Name, StringComparer.Ordinal),
        ];
        if (readyOnly)
        {
            return [.. known.Where(line => line.State == ModelState.Ready)];
        }
        try
        {
            HashSet<string> names = [.. known.Select(line => line.Name)];
            IEnumerable<ModelStatus> others = engine.RepositoryIndex().Where(line => !names.Contains(line.Name));
            return [.. known.Concat(others).OrderBy(line => line.Name, StringComparer.Ordinal)];
        }
        catch (ModelRepositoryException exception)
        {
            throw new InferenceException(InferenceError.Internal, exception.Message, exception);
        }
    }

    /// <inheritdoc />
    public async Task LoadAsync(string modelName, ModelOverride? replacement, CancellationToken cancellationToken)
    {
        RequireControl();
        RequireName(modelName);
        SiloAddress source = node.Address;
        using OfferedModel offered = models.Offer(modelName);
        IReadOnlyList<string> revived = [];
        bool here = replacement is not null || engine.HasInRepository(modelName);
        if (here || await LoadElsewhereAsync(modelName, cancellationToken).ConfigureAwait(false) is not { } other)
        {
            LoadResult result = await engine.LoadAsync(modelName, replacement, cancellationToken).ConfigureAwait(false);
            if (!result.IsReady)
            {
                throw new InferenceException(InferenceError.Internal, result.Reason);
            }
            revived = result.Revived;
        }
        else
        {
            source = other;
        }

        // The steps of an ensemble come before it.
        foreach (string model in engine.Content.StepsOf(modelName).Append(modelName).Concat(revived))
        {
            await ShareAsync(model, source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    public async Task UnloadAsync(string modelName, bool unloadDependents, CancellationToken cancellationToken)
    {
        RequireControl();
        bool known =
            engine.Index.Any(line => line.Name == modelName)
            || GetIndex(readyOnly: false).Any(line => line.Name == modelName);
        if (!known)
        {
            // As Triton has it: it is as unloaded as was asked for.
            LogUnknown(modelName);
            return;
        }
        // Read before it is gone: only what serves tells its steps.
        IReadOnlyList<string> steps = unloadDependents ? engine.Content.StepsOf(modelName) : [];
        try
        {
            foreach (string model in engine.Content.EnsemblesOn(modelName).Append(modelName).Concat(steps))
            {
                // Before this node's own: the director would have the model loaded here again.
                await Director.UnloadAsync(model).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            LogNotShared(modelName, exception);
        }

        await engine.UnloadAsync(modelName, unloadDependents, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Has another node load a model that this one's repository lacks; null where no repository has it.
    /// </summary>
    private async Task<SiloAddress?> LoadElsewhereAsync(string model, CancellationToken cancellationToken)
    {
        foreach (NodeState other in node.Router.Snapshot.Nodes.Where(other => !other.IsLocal && !other.IsEjected))
        {
            try
            {
                string? answer = await services
                    .Of(other.Address)
                    .LoadOwnAsync(model, cancellationToken)
                    .ConfigureAwait(false);
                RemoteLoad load = RemoteLoad.FromAnswer(answer);
                switch (load.Outcome)
                {
                    case RemoteLoadOutcome.Loaded:
                        return other.Address;
                    case RemoteLoadOutcome.Failed:
                        // The first node that has the model answers for it: the caller must hear what is wrong with it.
                        throw new InferenceException(InferenceError.Internal, load.Reason);
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                LogNotShared(model, exception);
            }
        }

        return null;
    }

    private async Task ShareAsync(string model, SiloAddress source, CancellationToken cancellationToken)
    {
        try
        {
            foreach (
                string refusal in await Director
                    .LoadAsync(model, source)
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                LogRefused(model, refusal);
            }
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // It serves, on this node; the director takes it in when there is one again and the load is asked for
            // again.
            LogNotShared(model, exception);
        }
    }

    private void RequireControl()
    {
        if (engine.Mode is ModelControlMode.Explicit or ModelControlMode.Demand)
        {
            return;
        }
        // Clients of other servers look for the words before the semicolon.
        throw new InferenceException(
            InferenceError.Unavailable,
            $"explicit model load / unload is not allowed if polling is enabled; this server runs in "
                + $"mode '{engine.Mode.ToString().ToLowerInvariant()}', start it with --mode explicit or "
                + $"--mode demand"
        );
    }

    /// <summary>No model can have such a name; clients know Triton's words for it.</summary>
    private static void RequireName(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                "Model name cannot be empty. Please enter a valid name to deploy."
            );
        }
        if (name.Trim() is "." or ".." || name.AsSpan().IndexOfAny('/', '\\') >= 0)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"model name must not contain path traversal characters: '{name}'"
            );
        }
    }

    [LoggerMessage(
        EventId = 2030,
        Level = LogLevel.Information,
        Message = "Model {Model} was to be unloaded, and there is none of that name"
    )]
    private partial void LogUnknown(string model);

    [LoggerMessage(
        EventId = 2010,
        Level = LogLevel.Warning,
        Message = "Model {Model} has no replica on a node: {Reason}"
    )]
    private partial void LogRefused(string model, string reason);

    [LoggerMessage(
        EventId = 2011,
        Level = LogLevel.Warning,
        Message = "Model {Model} was loaded or unloaded on this node only, the cluster's director does not answer"
    )]
    private partial void LogNotShared(string model, Exception exception);
}
