using Orleans.Concurrency;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Nodes;

/// <summary>Reads this node's snapshot.</summary>
[StatelessWorker(maxLocalWorkers: 1)]
[Reentrant]
internal sealed class RoutingGrain(ClusterNode node) : Grain, IRoutingGrain
{
    /// <inheritdoc />
    public Task<RoutingTable?> GetAsync(long epoch, long sequence)
    {
        RoutingTable table = node.Router.Snapshot.Table;
        return Task.FromResult(table.Epoch == epoch && table.Sequence == sequence ? null : table);
    }
}
