using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Guardrails;

public sealed class ChangeWatchTests
{
    private static readonly GuardrailOptions Options = new();
    private static readonly PlanChange s_change = new ReplicaAdded("m", "n");

    private TimeSpan _now = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(2, 2, ChangeVerdict.Good)]
    [InlineData(2, 3, ChangeVerdict.Good)]
    [InlineData(2, 6, ChangeVerdict.RollBack)]
    public void Judge_AfterItsTime_TakesBackWhatMadeItWorse(int missedBefore, int missedAfter, ChangeVerdict expected)
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, missedBefore);
        watch.Begin(ClusterPlan.Empty with { Epoch = 7 }, 1, s_change, _now);
        Pass(watch, 31, missedAfter);

        Assert.Equal(expected, watch.Judge(_now, NotAsked, out ClusterPlan before, out _));
        if (expected == ChangeVerdict.RollBack)
        {
            Assert.Equal(7, before.Epoch);
        }
        Assert.Equal(expected == ChangeVerdict.RollBack, watch.IsTabu(s_change, _now));
    }

    [Fact]
    public void Judge_PlainHarm_IsTakenBackAfterASixthOfTheTime()
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 2);
        watch.Begin(ClusterPlan.Empty, 1, s_change, _now);
        Pass(watch, 4, 50);
        Assert.Equal(ChangeVerdict.Waiting, watch.Judge(_now, NotAsked, out _, out _));
        Pass(watch, 2, 50);

        Assert.Equal(ChangeVerdict.RollBack, watch.Judge(_now, NotAsked, out _, out _));
    }

    [Theory]
    [InlineData(0.99, 0.73, ChangeVerdict.Good)]
    [InlineData(0.99, 0.9, ChangeVerdict.RollBack)]
    [InlineData(0.99, 0.99, ChangeVerdict.RollBack)]
    [InlineData(0.99, -1, ChangeVerdict.Good)]
    [InlineData(-1, 0.99, ChangeVerdict.Good)]
    public void Judge_MoreLoad_ExcusesWhatThePlanBeforeWouldHaveLostWithIt(
        double expectedBefore,
        double expectedNow,
        ChangeVerdict verdict
    )
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 2);
        ClusterPlan before = ClusterPlan.Empty with { Epoch = 7 };
        watch.Begin(before, expectedBefore, s_change, _now);
        Pass(watch, 31, 40, requests: 150);

        Assert.Equal(verdict, watch.Judge(_now, Expect, out _, out _));

        double Expect(ClusterPlan plan)
        {
            Assert.Same(before, plan);
            return expectedNow;
        }
    }

    [Fact]
    public void Judge_ThreeRollbacks_StopUntilResumed()
    {
        ChangeWatch watch = new(Options);
        for (int i = 0; i < 3; i++)
        {
            Assert.False(watch.IsStopped);
            Pass(watch, 60, 2);
            watch.Begin(ClusterPlan.Empty, 1, new ReplicaAdded("m", $"n{i}"), _now);
            Pass(watch, 31, 40);
            Assert.Equal(ChangeVerdict.RollBack, watch.Judge(_now, NotAsked, out _, out _));
        }

        Assert.True(watch.IsStopped);
        watch.Resume();
        Assert.False(watch.IsStopped);
    }

    [Theory]
    [InlineData(119, true)]
    [InlineData(121, false)]
    public void Judge_LoadThatRose_LoadRise(int requests, bool isTakenBack)
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 2);
        watch.Begin(ClusterPlan.Empty, 1, s_change, _now);
        Pass(watch, 31, 20, requests);

        // Beyond a fifth more, all of the fall is the load's, by what is expected.
        ChangeVerdict verdict = watch.Judge(_now, _ => 0, out _, out _);

        Assert.Equal(isTakenBack ? ChangeVerdict.RollBack : ChangeVerdict.Good, verdict);
    }

    [Fact]
    public void Judge_TheFirstSeconds_DisturbedShare()
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 0);
        watch.Begin(ClusterPlan.Empty, 1, s_change, _now);
        Pass(watch, 3, 100);
        Pass(watch, 27, 0);

        Assert.Equal(ChangeVerdict.Good, watch.Judge(_now, NotAsked, out _, out double attainment));
        Assert.Equal(1, attainment);
    }

    /// <summary>At a fifth of the watch the tolerance of 2 points is 3 − 2 ÷ 5 times that: 5.2 points.</summary>
    [Theory]
    [InlineData(5, ChangeVerdict.Waiting)]
    [InlineData(6, ChangeVerdict.RollBack)]
    public void Judge_EarlyInTheWatch_FirstTolerance(int missed, ChangeVerdict expected)
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 0);
        watch.Begin(ClusterPlan.Empty, 1, s_change, _now);
        Pass(watch, 6, missed);

        Assert.Equal(expected, watch.Judge(_now, NotAsked, out _, out _));
    }

    [Theory]
    [InlineData(4, ChangeVerdict.Waiting)]
    [InlineData(5, ChangeVerdict.RollBack)]
    public void Judge_PlainHarm_EarliestShare(int seconds, ChangeVerdict expected)
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 30, 0);
        watch.Begin(ClusterPlan.Empty, 1, s_change, _now);
        Pass(watch, seconds, 100);

        Assert.Equal(expected, watch.Judge(_now, NotAsked, out _, out _));
    }

    /// <summary>Of 200 seconds those of the last four watches of 30 are known, both ends included.</summary>
    [Fact]
    public void Since_FurtherBackThanIsRemembered_RememberedWatches()
    {
        ChangeWatch watch = new(Options);
        Pass(watch, 200, missed: 0);

        (double attainment, double rate) = watch.Since(_now - TimeSpan.FromSeconds(200), _now);

        Assert.Equal(1, attainment);
        Assert.Equal(121 * 100 / 200.0, rate, 9);
    }

    private static double NotAsked(ClusterPlan plan) => throw new InvalidOperationException("the load is as it was");

    private void Pass(ChangeWatch watch, int seconds, int missed, int requests = 100)
    {
        for (int i = 0; i < seconds; i++)
        {
            _now += TimeSpan.FromSeconds(1);
            watch.Count(_now, requests, missed);
        }
    }
}
