using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Cluster;

/// <summary>Publishes where requests can go to all nodes' routers, whenever that changes.</summary>
/// <param name="state">The nodes.</param>
/// <param name="reports">What they serve.</param>
internal sealed class RoutePublisher(TwinState state, NodeReports reports)
{
    private RoutingTable _table = RoutingTable.Empty;

    /// <summary>Publishes the table that follows from a plan and from what is ready, unless it is as before.</summary>
    public void Publish(ClusterPlan plan)
    {
        RoutingTable next = RoutingTables.Build(plan, reports.Read(), _table.Sequence + 1);
        if (_table.Sequence > 0 && RoutingTables.AreAlike(next, _table))
        {
            return;
        }
        _table = next;
        foreach (SimulatedNode node in state.Nodes)
        {
            node.Snapshot = node.Snapshot.Next(next, node.Address);
        }
    }
}
