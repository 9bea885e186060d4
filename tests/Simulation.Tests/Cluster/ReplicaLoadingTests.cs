using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class ReplicaLoadingTests
{
    private readonly TwinParts _twin = new(nodes: 1, models: 1);

    [Fact]
    public void Begin_ASlowNode_TakesLongerAndCountsAsALoad()
    {
        SimulatedNode node = _twin.State.Nodes[0];
        node.Spec = node.Spec with { Speed = 0.5 };
        _twin.Clock.AdvanceTo(1);

        SimulatedReplica replica = _twin.Loading.Begin(0, node)!;

        // Two seconds at speed 1; the transfer of 50 bytes is less than a tick.
        Assert.Equal(1 + SimulationClock.ToTicks(4), _twin.Clock.NextAt);
        Assert.False(replica.IsReady);
        Assert.Equal((1, 50.0), (_twin.Tally.Loads, _twin.Tally.CrossBytes));
    }

    [Fact]
    public void Begin_BeforeTimeBegins_CountsAsNoLoad()
    {
        _twin.Loading.Begin(0, _twin.State.Nodes[0]);

        Assert.Equal(0, _twin.Tally.Loads);
    }

    [Fact]
    public void End_AWarmReplica_KnowsItsCost()
    {
        SimulatedReplica replica = _twin.Loading.Begin(0, _twin.State.Nodes[0])!;

        _twin.Loading.End(replica);

        Assert.True(replica.IsReady);
        Assert.Equal(0.04, replica.Schedule.Cost.Current.Seconds(4), 1e-9);
    }
}
