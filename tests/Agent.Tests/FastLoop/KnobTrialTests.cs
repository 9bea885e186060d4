using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.FastLoop;

public sealed class KnobTrialTests
{
    private static readonly ReplicaKnobs Usual = ReplicaKnobs.Unset with { Threads = 1, Instances = 2 };
    private static readonly ReplicaKnobs Proposed = ReplicaKnobs.Unset with { Threads = 2, Instances = 1 };

    [Fact]
    public void Current_BeforeAnyRequest_IsTheUsual()
    {
        KnobTrial trial = new(Usual, Proposed);

        trial.Observe(0, 0);
        trial.Observe(KnobTrial.LeastRequests - 1, 1);

        Assert.Equal(Usual, trial.Current);
        Assert.False(trial.IsOver);
    }

    [Fact]
    public void Observe_LiveRequests_TheTwoTakeTurns()
    {
        KnobTrial trial = new(Usual, Proposed);
        List<ReplicaKnobs> looks = [];

        while (!trial.IsOver)
        {
            looks.Add(trial.Current);
            trial.Observe(100, 0.01);
        }

        // Two looks each: the first behind a change counts for nothing.
        ReplicaKnobs[] round = [Usual, Usual, Proposed, Proposed];
        Assert.Equal(Enumerable.Repeat(round, KnobTrial.Rounds).SelectMany(each => each), looks);
    }

    [Theory]
    [InlineData(0.010, 0.008, true)]
    [InlineData(0.010, 0.0099, false)]
    [InlineData(0.010, 0.010, false)]
    [InlineData(0.010, 0.015, false)]
    public void IsConfirmed_OnlyWhereRequestsWereAnsweredSooner(
        double usualSeconds,
        double proposedSeconds,
        bool expected
    )
    {
        KnobTrial trial = new(Usual, Proposed);

        Run(trial, usualSeconds, proposedSeconds);

        Assert.Equal(expected, trial.IsConfirmed);
        Assert.Equal(expected ? Proposed : Usual, trial.Current);
    }

    [Fact]
    public void IsConfirmed_OneTurnMetAHiccup_DoesNotDecide()
    {
        KnobTrial trial = new(Usual, Proposed);
        int look = 0;

        while (!trial.IsOver)
        {
            bool isFirstProposed = look is 2 or 3;
            trial.Observe(
                100,
                trial.Current == Usual ? 0.010
                    : isFirstProposed ? 5
                    : 0.005
            );
            look++;
        }

        Assert.True(trial.IsConfirmed);
        Assert.Equal("live requests took 5.00 ms with it and 10.00 ms without", trial.Reason);
    }

    [Fact]
    public void Observe_AfterTheEnd_ChangesNothing()
    {
        KnobTrial trial = new(Usual, Proposed);
        Run(trial, 0.010, 0.020);

        for (int i = 0; i < 20; i++)
        {
            trial.Observe(100, 1e-6);
        }

        Assert.False(trial.IsConfirmed);
        Assert.Equal(Usual, trial.Current);
    }

    private static void Run(KnobTrial trial, double usualSeconds, double proposedSeconds)
    {
        while (!trial.IsOver)
        {
            trial.Observe(100, trial.Current == Usual ? usualSeconds : proposedSeconds);
        }
    }
}
