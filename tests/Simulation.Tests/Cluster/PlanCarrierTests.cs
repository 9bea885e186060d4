using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class PlanCarrierTests
{
    [Fact]
    public void Apply_AReplicaThatMoves_GoesOnceTheOtherServes()
    {
        TwinParts twin = new(nodes: 2, models: 1);
        twin.Serve(TwinParts.PlanOf(0, 0));
        SimulatedNode from = twin.State.Nodes[0];
        SimulatedNode to = twin.State.Nodes[1];

        twin.Carrier.Apply(TwinParts.PlanOf(0, 1));
        Assert.True(from.Replicas[0].IsReady);
        Assert.False(to.Replicas[0].IsReady);
        twin.Loading.End(to.Replicas[0]);
        twin.Carrier.Apply(TwinParts.PlanOf(0, 1));

        Assert.Empty(from.Replicas);
        Assert.Equal((0, 100), (from.Reserved, to.Reserved));
    }

    [Fact]
    public void Apply_KnobsOfThePlan_AreInForceClippedToTheNode()
    {
        TwinParts twin = new(nodes: 1, models: 1);
        ReplicaKnobs knobs = ReplicaKnobs.Unset with { Threads = 8, Instances = 1, MaxRows = 3, DelayMs = 5 };

        twin.Serve(TwinParts.PlanOf(0, knobs, 0));

        SimulatedReplica replica = twin.State.Replicas[0];
        Assert.Equal((2, 1), (replica.Knobs.Threads, replica.Knobs.Instances));
        Assert.Equal((3, 1), (replica.Schedule.Limits.RowLimit, replica.Schedule.Limits.Concurrency));
        Assert.Equal(TimeSpan.FromMilliseconds(5), replica.Schedule.Limits.MaxDelay);
    }

    [Fact]
    public void Apply_AReplicaOnALostNode_IsLeftOut()
    {
        TwinParts twin = new(nodes: 2, models: 1);
        twin.State.Nodes[1].IsLost = true;

        twin.Carrier.Apply(TwinParts.PlanOf(0, 0, 1));

        Assert.Same(twin.State.Nodes[0], Assert.Single(twin.State.Replicas).Node);
    }

    [Fact]
    public void Apply_NoMemoryYet_LoadsWithALaterCall()
    {
        TwinParts twin = new(nodes: 1, models: 1);
        twin.State.Nodes[0].Reserved = 150;
        twin.Carrier.Apply(TwinParts.PlanOf(0, 0));
        Assert.Empty(twin.State.Replicas);

        twin.State.Nodes[0].Reserved = 100;
        twin.Carrier.Apply(TwinParts.PlanOf(0, 0));

        Assert.Single(twin.State.Replicas);
        Assert.Equal(200, twin.State.Nodes[0].Reserved);
    }
}
