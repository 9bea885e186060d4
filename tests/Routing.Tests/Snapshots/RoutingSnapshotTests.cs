using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Tests.Snapshots;

public sealed class RoutingSnapshotTests
{
    [Fact]
    public void Pick_UnequalNodes_SharesByMeasuredSpeed()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(1, 2, 4), local: null);
        int[] counts = new int[3];

        // Nobody answers: the queues grow until all are expected to end together.
        for (int i = 0; i < 700; i++)
        {
            ReplicaTarget target = snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!;
            target.Load.Begin(1);
            counts[target.Route.Node]++;
        }

        Assert.InRange(counts[0], 395, 405);
        Assert.InRange(counts[1], 195, 205);
        Assert.InRange(counts[2], 95, 105);
    }

    [Fact]
    public void Pick_EqualNodesWithALocalOne_StaysHereUntilTheQueueCostsMoreThanTheHop()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(1, 1), Tables.Address(1));

        ReplicaTarget first = snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!;
        first.Load.Begin(1);
        ReplicaTarget second = snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!;

        Assert.True(first.Node.IsLocal);
        Assert.False(second.Node.IsLocal);
    }

    [Fact]
    public void Pick_AWaitThatAnAnswerReported_CountsAndFades()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(1, 1), local: null);
        ReplicaTarget busy = snapshot.Find("m")!.Latest[0];
        busy.Load.ObserveWait(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));

        Assert.Equal(1, snapshot.Pick(Tables.Request(), TimeSpan.FromSeconds(1), random: 0)!.Route.Node);
        Assert.Equal(0.0125, busy.Estimate(Tables.Request(1), TimeSpan.FromSeconds(1.2)).WaitSeconds, 1e-6);
    }

    [Theory]
    [InlineData("least_expected_work")]
    [InlineData("round_robin")]
    [InlineData("power_of_two")]
    public void Pick_MoreReplicasThanAreWeighed_EachHasItsTurn(string balance)
    {
        const int Replicas = 1000;
        double[] equal = [.. Enumerable.Repeat(1.0, Replicas)];
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(balance, equal), local: null);
        WeylSequence numbers = new(start: 0.5);
        HashSet<int> picked = [];

        for (int i = 0; i < 40 * Replicas; i++)
        {
            picked.Add(snapshot.Pick(Tables.Request(), TimeSpan.Zero, numbers.Next())!.Route.Node);
        }

        Assert.Equal(Replicas, picked.Count);
    }

    [Fact]
    public void Pick_MoreReplicasThanAreWeighed_FindsTheOneInTime()
    {
        double[] slow = [.. Enumerable.Repeat(1000.0, 300)];
        slow[150] = 1;
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(slow), local: null);

        Assert.All(
            Enumerable.Range(0, 100),
            i => Assert.Equal(150, snapshot.Pick(Tables.Request(timeoutMs: 20), TimeSpan.Zero, i / 100.0)!.Route.Node)
        );
    }

    [Fact]
    public void Pick_AllButOneOfManyEjected_FindsIt()
    {
        double[] equal = [.. Enumerable.Repeat(1.0, 2000)];
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(equal), local: null);
        foreach (NodeState node in snapshot.Nodes.Skip(1))
        {
            node.Eject(TimeSpan.Zero);
        }

        Assert.Equal(0, snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0.01)!.Route.Node);
    }

    [Fact]
    public void Pick_ADeadline_LeavesOutWhatWouldMissIt()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of("round_robin", 1, 100, 100), local: null);

        Assert.All(
            Enumerable.Range(0, 10),
            i => Assert.Equal(0, snapshot.Pick(Tables.Request(timeoutMs: 20), TimeSpan.Zero, i / 10.0)!.Route.Node)
        );
        Assert.Equal(
            3,
            Enumerable
                .Range(0, 30)
                .Select(i => snapshot.Pick(Tables.Request(timeoutMs: 0.01), TimeSpan.Zero, i / 30.0)!.Route.Node)
                .Distinct()
                .Count()
        );
    }

    [Fact]
    public void Pick_AnEjectedNode_GetsNothingUntilItIsBackOrNobodyElseIsThere()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(Tables.Of(1, 10), local: null);
        NodeState fast = snapshot.Nodes[0];
        NodeState slow = snapshot.Nodes[1];

        Assert.True(fast.Eject(TimeSpan.FromSeconds(1)));
        Assert.Equal(1, snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!.Route.Node);
        Assert.True(slow.Eject(TimeSpan.FromSeconds(2)));
        Assert.Equal(0, snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!.Route.Node);
        Assert.True(fast.Readmit());
        Assert.Equal(0, snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!.Route.Node);
        Assert.Same(slow, snapshot.Pick(Tables.Request(excluded: fast), TimeSpan.Zero, random: 0)!.Node);
    }

    [Fact]
    public void Pick_Versions_TakesTheHighestUnlessOneIsNamed()
    {
        RoutingSnapshot snapshot = RoutingSnapshot.Empty.Next(
            Tables.Of("least_expected_work", Tables.Replica(0, 1, "9"), Tables.Replica(1, 50, "10")),
            local: null
        );

        Assert.Equal("10", snapshot.Pick(Tables.Request(), TimeSpan.Zero, random: 0)!.Route.Version);
        Assert.Equal("9", snapshot.Pick(Tables.Request(version: "9"), TimeSpan.Zero, random: 0)!.Route.Version);
        Assert.Null(snapshot.Pick(Tables.Request(version: "8"), TimeSpan.Zero, random: 0));
    }

    [Fact]
    public void Next_ANewTable_KeepsWhatIsKnownOfNodesAndReplicas()
    {
        RoutingSnapshot before = RoutingSnapshot.Empty.Next(Tables.Of(1, 1), local: null);
        before.Nodes[0].Eject(TimeSpan.Zero);
        before.Find("m")!.Latest[1].Load.Begin(7);

        RoutingSnapshot after = before.Next(Tables.Of(2, 2, 2) with { Sequence = 2 }, local: null);

        Assert.True(after.Nodes[0].IsEjected);
        Assert.Equal(7, after.Find("m")!.Latest[1].Load.OutstandingRows);
        Assert.Equal(0.002, after.Find("m")!.Latest[1].Route.SecondsPerRow);
    }
}
