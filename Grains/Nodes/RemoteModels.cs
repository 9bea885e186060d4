using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// What this node must know to answer for models that only other nodes serve: metadata, configuration and labels,
/// fetched ahead.
/// </summary>
internal sealed partial class RemoteModels(
    ClusterNode node,
    NodeServices services,
    TimeProvider time,
    ILogger<RemoteModels> logger
)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private ImmutableDictionary<string, (string Versions, ModelDescription Description)> _known = ImmutableDictionary<
        string,
        (string, ModelDescription)
    >.Empty;

    /// <summary>A model's description; null where no node serves it, or it has not come yet.</summary>
    public ModelDescription? Find(string model) =>
        node.Router.Snapshot.Find(model) is not null
        && _known.TryGetValue(model, out (string Versions, ModelDescription Description) known)
            ? known.Description
            : null;

    /// <summary>Follows the routing table until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            // Taken before fetching, so that a table that comes meanwhile is not missed.
            Task changed = node.Changed;
            await FetchAsync(cancellationToken).ConfigureAwait(false);
            // After a while without a change too: a node that was ejected, or failed to answer, is asked again.
            await changed
                .WaitAsync(Again, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Models that this node serves too are described as well: its own replica may go at any moment, with no change of
    // the table to tell of it.
    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        RoutingSnapshot snapshot = node.Router.Snapshot;
        ImmutableInterlocked.Update(
            ref _known,
            all => all.RemoveRange(all.Keys.Where(model => snapshot.Find(model) is null))
        );
        foreach (string model in snapshot.Models)
        {
            string versions = string.Join(
                ',',
                snapshot
                    .Find(model)!
                    .All.Select(target => target.Route.Version)
                    .Distinct()
                    .Order(StringComparer.Ordinal)
            );
            if (
                _known.TryGetValue(model, out (string Versions, ModelDescription Description) known)
                && known.Versions == versions
            )
            {
                continue;
            }
            if (
                snapshot.Find(model)!.Latest.FirstOrDefault(target => !target.Node.IsLocal && !target.Node.IsEjected)
                is not { } target
            )
            {
                continue;
            }
            try
            {
                ModelDescription description = await services
                    .Of(target.Node.Address)
                    .DescribeAsync(model)
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false);
                ImmutableInterlocked.Update(ref _known, all => all.SetItem(model, (versions, description)));
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or InferenceException)
            {
                LogNotDescribed(model, exception);
            }
        }
    }

    [LoggerMessage(
        EventId = 2019,
        Level = LogLevel.Debug,
        Message = "Model {Model} could not be described by the node that serves it"
    )]
    private partial void LogNotDescribed(string model, Exception exception);
}
