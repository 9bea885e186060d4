using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Evaluation;
using OrleansInference.Simulation.Trials;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Cluster;

/// <summary>The agent in charge of a simulated cluster whose laws it does not know.</summary>
public sealed class AgentTests
{
    private static readonly Cell Busy = new(Scenarios.Find("bigdata"), "unequal", 4, 0.5);

    [Fact]
    public void Plan_AClusterThatDefaultsServeBadly_GetsBetterAndTheLogSaysHow()
    {
        AgentPlanner planner = new(Options(5), new TwinTrial());

        SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 1, 60), defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 60);

        Assert.True(result.AttainmentOf(20, 60) > defaults.AttainmentOf(20, 60) + 0.2, $"{result.AttainmentOf(20, 60)} against {defaults.AttainmentOf(20, 60)}");
        AgentDecision applied = planner.Decisions.All.First(decision => decision.Outcome is DecisionOutcome.Applied or DecisionOutcome.Confirmed);
        Assert.NotEmpty(applied.Summary);
        Assert.NotEmpty(applied.Models);
        Assert.Equal("", applied.Candidates[0].Refusal);
        Assert.All(applied.Candidates.Skip(1), candidate => Assert.NotEmpty(candidate.Refusal));
        Assert.True(applied.ExpectedGain > 0);
    }

    [Theory]
    [InlineData(AgentMode.Shadow, DecisionOutcome.Shadowed)]
    [InlineData(AgentMode.Advise, DecisionOutcome.Advised)]
    public void Plan_NotAllowedToAct_ChangesNothing(AgentMode mode, DecisionOutcome outcome)
    {
        AgentPlanner planner = new(Options(5), new TwinTrial()) { Mode = mode };

        SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 1, 30), defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 30);

        Assert.Equal(defaults.InTime, result.InTime);
        Assert.Contains(planner.Decisions.All, decision => decision.Outcome == outcome);
    }

    [Fact]
    public void Answer_Consent_CarriesTheAdviceOut()
    {
        AgentPlanner planner = new(Options(5), new TwinTrial()) { Mode = AgentMode.Advise };
        long approved = 0;
        Consenting consenting = new(planner, id => approved = id);

        Busy.Run(new SimulatedPolicy { Planner = consenting }, 1, 40);

        Assert.NotEqual(0, approved);
        Assert.Contains(planner.Decisions.All, decision => decision.Id == approved && decision.Outcome is DecisionOutcome.Applied or DecisionOutcome.Confirmed);
    }

    [Fact]
    public void Plan_TheSameSeed_DecidesTheSame()
    {
        Assert.Equal(Decide(), Decide());

        static (long, long, string) Decide()
        {
            AgentPlanner planner = new(Options(5), new TwinTrial());
            SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 3, 40);
            return (result.InTime, result.Events, string.Join("|", planner.Decisions.All.Select(decision => decision.Summary)));
        }
    }

    /// <summary>
    /// A planner whose what-if gate says the opposite of the truth, with the guardrails as they ship: every change that does harm
    /// is taken back, three of them stop it, and what they cost in the minute from each is bounded. In the shorter trace the load rises as the first change is made.
    /// </summary>
    [Theory]
    [InlineData(600)]
    [InlineData(1200)]
    public void Plan_WrongOnPurpose_IsRolledBackAndStopped(int seconds)
    {
        Cell cell = new(Scenarios.Find("social"), "equal", 4, 0.6);
        AgentPlanner planner = new(new AgentOptions(), new Inverted());
        List<(double At, bool Applied)> changes = [];
        int seen = 0;

        SimulationResult wrong = cell.Run(new SimulatedPolicy { Planner = new Watched(planner, Note) }, 1, seconds), kept = cell.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, seconds);

        Assert.True(planner.Watch.IsStopped);
        AgentDecision[] decisions = planner.Decisions.All;
        Assert.Equal(3, decisions.Count(decision => decision.Outcome == DecisionOutcome.RolledBack));
        Assert.Equal(DecisionOutcome.Stopped, decisions[^1].Outcome);
        foreach ((double at, bool _) in changes.Where(change => change.Applied))
        {
            (int from, int to) = ((int)at, (int)at + 60);
            double cost = kept.AttainmentOf(from, to) - wrong.AttainmentOf(from, to);
            TestContext.Current.SendDiagnosticMessage($"change at {at:F0} s: {cost * 100:F2} points over a minute");
            Assert.True(cost <= 0.02, $"{cost * 100:F1} points in the minute from {at:F0} s");
        }

        void Note(TimeSpan now)
        {
            foreach (AgentDecision decision in planner.Decisions.All.Skip(seen)) changes.Add((now.TotalSeconds, decision.Outcome == DecisionOutcome.Applied));
            seen = planner.Decisions.All.Length;
        }
    }

    [Theory]
    [InlineData("cloud", "tight")]
    [InlineData("social", "unequal")]
    public void Plan_EveryChange_StaysWithinTheBudgetAndLeavesEveryModelAReplica(string scenario, string shape)
    {
        GuardrailOptions rails = new() { WatchSeconds = 5 };
        Budgeted budgeted = new(new AgentPlanner(new AgentOptions { PeriodSeconds = 5, TrialEvents = 40_000, Guardrails = rails }, new TwinTrial()));

        new Cell(Scenarios.Find(scenario), shape, 4, 0.6).Run(new SimulatedPolicy { Planner = budgeted }, 2, 120);

        Assert.NotEmpty(budgeted.Changes);
        // The first plan fills an empty cluster, which is no change.
        Assert.All(budgeted.Changes.Skip(1), change => Assert.True(change.Loads <= rails.MaxLoads, $"{change.Loads} loads at once"));
        Assert.True(budgeted.LeastReplicas >= 1);
    }

    [Fact]
    public void Run_ANodeIsLost_ItsRequestsAreAnsweredElsewhere()
    {
        Cell cell = new(Scenarios.Find("cloud"), "equal", 4, 0.3);

        SimulationResult result = cell.Run(new SimulatedPolicy { Planner = new AgentPlanner(Options(5), new TwinTrial()) }, 1, 40, new SimulationOptions { Incidents = [new Incident(20, 3, 0)] });

        Assert.True(result.AttainmentOf(25, 40) > 0.97, $"{result.AttainmentOf(25, 40)}");
        Assert.All(result.Plan.Models, model => Assert.DoesNotContain(model.Replicas, replica => replica.Node.Endpoint.Port == 20_003));
    }

    [Fact]
    public void Run_TelemetryIsLateAndLost_TheAgentDoesNoHarm()
    {
        SimulationOptions bad = new() { TelemetryDelaySeconds = 3, TelemetryLoss = 0.3 };

        SimulationResult agent = Busy.Run(new SimulatedPolicy { Planner = new AgentPlanner(Options(5), new TwinTrial()) }, 1, 60, bad), defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 60, bad);

        Assert.True(agent.SloAttainment > defaults.SloAttainment - 0.01, $"{agent.SloAttainment} against {defaults.SloAttainment}");
    }

    private static AgentOptions Options(double period) => new() { PeriodSeconds = period, TrialEvents = 40_000, Guardrails = new GuardrailOptions { WatchSeconds = period } };

    /// <summary>Right about the plan in force, which it is asked for first, so that nothing shows that it is wrong; for every other plan what it gains is a loss.</summary>
    private sealed class Inverted : IPlanTrial
    {
        private readonly TwinTrial _twin = new();
        private (long Seed, double Attainment)? _present;

        public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
        {
            TrialResult result = _twin.Try(cluster, plan, seed, maxEvents);
            if (_present?.Seed != seed) _present = (seed, result.Attainment);
            return result with { Attainment = Math.Clamp((2 * _present.Value.Attainment) - result.Attainment, 0, 1) };
        }
    }

    private sealed class Watched(IPlanner planner, Action<TimeSpan> after) : IPlanner
    {
        public ClusterPlan Plan(Agent.Observation.ClusterObservation observation, ClusterPlan current)
        {
            ClusterPlan plan = planner.Plan(observation, current);
            after(observation.Now);
            return plan;
        }
    }

    private sealed class Budgeted(IPlanner planner) : IPlanner
    {
        public List<PlanDifference> Changes { get; } = [];

        public int LeastReplicas { get; private set; } = int.MaxValue;

        public ClusterPlan Plan(Agent.Observation.ClusterObservation observation, ClusterPlan current)
        {
            ClusterPlan plan = planner.Plan(observation, current);
            PlanDifference difference = PlanDifference.Of(current, plan);
            if (!difference.IsNone) Changes.Add(difference);
            if (plan.Models.Length > 0) LeastReplicas = Math.Min(LeastReplicas, plan.Models.Min(model => model.Replicas.Length));
            return plan;
        }
    }

    private sealed class Consenting(AgentPlanner planner, Action<long> approved) : IPlanner
    {
        public ClusterPlan Plan(Agent.Observation.ClusterObservation observation, ClusterPlan current)
        {
            if (planner.Decisions.All.LastOrDefault(decision => decision.Outcome == DecisionOutcome.Advised) is { } advised && planner.Answer(advised.Id, approve: true)) approved(advised.Id);
            return planner.Plan(observation, current);
        }
    }
}
