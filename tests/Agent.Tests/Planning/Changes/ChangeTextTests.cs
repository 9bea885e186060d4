using OrleansInference.Agent.Planning.Changes;

namespace OrleansInference.Agent.Tests.Planning.Changes;

public sealed class ChangeTextTests
{
    public static TheoryData<PlanChange, string> Changes { get; } =
        new()
        {
            { PlanChange.None, "keep" },
            { new ReplicaAdded("m", "node-1"), "add m on node-1" },
            { new ReplicaRemoved("m", "node-1"), "remove m from node-1" },
            { new ReplicaMoved("m", "node-1", "node-10"), "move m from node-1 to node-10" },
            { new ReplicaReplaced("m", "k", "node-1"), "m in place of k on node-1" },
            { new KnobSet("m", Knob.Instances, 0), "all instances of m" },
            { new KnobSet("m", Knob.Instances, 2), "2 instances of m" },
            { new KnobSet("m", Knob.MaxRows, 16), "batches of 16 of m" },
            { new KnobSet("m", Knob.Threads, 4), "4 threads for m" },
            { new StyleSet(PlanStyle.HalfTheRuns), "half the runs at once" },
            { new StyleSet(PlanStyle.Lean, 1.5), "a replica for each 1.5 requests under way" },
            { new StyleSet(PlanStyle.Sized, 0.35), "runs of at most 35 % of the objective" },
            { new StyleSet(PlanStyle.SizedPatient, 0.8), "runs of at most 80 % of the objective, waiting for company" },
            {
                new StyleSet(PlanStyle.SizedHalfTheRuns, 0.5),
                "half the runs at once, of at most 50 % of the objective"
            },
            { new StyleSet(PlanStyle.Patient), "waiting for company" },
            { new StyleSet(PlanStyle.NodesChoose), "everything as the nodes choose" },
            { new PlanReplaced(PlanSource.ReplicateWhereItFits), "replicate where it fits" },
            { new PlanReplaced(PlanSource.GreedyReplication), "greedy selective replication" },
            { new PlanReplaced(PlanSource.LastGood), "the last plan known to be good" },
            { new ReplicaAdded("m", "a").Then(new ReplicaRemoved("m", "b")), "add m on a; remove m from b" },
        };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Describe_EachKind_ReadsAsUsersKnowIt(PlanChange change, string expected) =>
        Assert.Equal(expected, ChangeText.Describe(change));

    [Theory]
    [MemberData(nameof(Changes))]
    public void Describe_AnotherText_IsAnotherChange(PlanChange change, string text)
    {
        Assert.Single(Changes, row => row.Data.Item1.Equals(change));
        Assert.Single(Changes, row => row.Data.Item2 == text);
    }

    [Fact]
    public void Then_TheSameStepsInTheSameOrder_AreTheSameChange()
    {
        PlanChange one = new ReplicaAdded("m", "a");
        PlanChange two = new KnobSet("m", Knob.Threads, 2);
        PlanChange three = new ReplicaRemoved("m", "b");

        Assert.Equal(
            one.Then(two).Then(three),
            new ReplicaAdded("m", "a").Then(two).Then(new ReplicaRemoved("m", "b"))
        );
        Assert.Equal(one.Then(two).GetHashCode(), new ReplicaAdded("m", "a").Then(two).GetHashCode());
        Assert.NotEqual(one.Then(two), two.Then(one));
        Assert.NotEqual<PlanChange>(one.Then(two), one);
    }
}
