using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Trials;

namespace OrleansInference.Simulation.Tests.Trials;

/// <summary>How large trials are on nodes of different speed.</summary>
public sealed class PacedTrialTests
{
    private static readonly PredictedCluster Nothing = new([], [], IsTrusted: true);

    [Fact]
    public void Try_ASlowNode_MakesTheNextDecisionsTrialsSmaller()
    {
        Stopped trial = new(eventsPerSecond: 250_000);
        PacedTrial paced = new(trial, trial, 0.04);

        foreach (long seed in new[] { 1, 1, 2, 2, 3 })
        {
            paced.Try(Nothing, ClusterPlan.Empty, seed, 50_000);
        }

        // What is compared within a decision is of one size.
        Assert.Equal([50_000, 50_000, 10_000, 10_000, 10_000], trial.Budgets);
    }

    [Fact]
    public void Try_AFastNode_SpendsTheWholeBudgetAndSoAgainAfterASlowSpell()
    {
        Stopped trial = new(eventsPerSecond: 2_000_000);
        PacedTrial paced = new(trial, trial, 0.04);
        paced.Try(Nothing, ClusterPlan.Empty, 1, 50_000);
        paced.Try(Nothing, ClusterPlan.Empty, 2, 50_000);
        trial.EventsPerSecond = 1000;
        paced.Try(Nothing, ClusterPlan.Empty, 3, 50_000);
        paced.Try(Nothing, ClusterPlan.Empty, 4, 50_000);
        trial.EventsPerSecond = 2_000_000;
        paced.Try(Nothing, ClusterPlan.Empty, 5, 50_000);
        paced.Try(Nothing, ClusterPlan.Empty, 6, 50_000);

        Assert.Equal([50_000, 50_000, 50_000, PacedTrial.LeastEvents, PacedTrial.LeastEvents, 50_000], trial.Budgets);
    }

    /// <summary>A trial that takes as long as its events do, and the clock that says so.</summary>
    private sealed class Stopped(double eventsPerSecond) : TimeProvider, IPlanTrial
    {
        private long _now;

        public List<long> Budgets { get; } = [];

        public double EventsPerSecond { get; set; } = eventsPerSecond;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
        {
            Budgets.Add(maxEvents);
            _now += (long)(maxEvents / EventsPerSecond * TimeSpan.TicksPerSecond);
            return default;
        }
    }
}
