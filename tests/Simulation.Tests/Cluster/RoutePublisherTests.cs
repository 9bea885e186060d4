using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class RoutePublisherTests
{
    [Fact]
    public void Publish_NothingNew_KeepsTheTable()
    {
        TwinParts twin = new(nodes: 2, models: 1);
        twin.Serve(TwinParts.PlanOf(0, 0));
        RoutingTable before = twin.State.Nodes[1].Snapshot.Table;

        twin.Routes.Publish(TwinParts.PlanOf(0, 0));
        Assert.Same(before, twin.State.Nodes[1].Snapshot.Table);
        twin.State.Replicas[0].IsReady = false;
        twin.Routes.Publish(TwinParts.PlanOf(0, 0));

        Assert.Equal(before.Sequence + 1, twin.State.Nodes[1].Snapshot.Table.Sequence);
        Assert.Single(before.Models[0].Replicas);
        Assert.Null(twin.State.Nodes[1].Snapshot.Table.Models.FirstOrDefault(model => model.Replicas.Length > 0));
    }
}
