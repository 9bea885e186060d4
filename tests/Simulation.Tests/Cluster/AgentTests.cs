using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
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

        SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 1, 60);
        SimulationResult defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 60);

        Assert.True(
            result.AttainmentOf(20, 60) > defaults.AttainmentOf(20, 60) + 0.2,
            $"{result.AttainmentOf(20, 60)} against {defaults.AttainmentOf(20, 60)}"
        );
        AgentDecision applied = planner.Decisions.All.First(decision =>
            decision.Outcome is DecisionOutcome.Applied or DecisionOutcome.Confirmed
        );
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

        SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 1, 30);
        SimulationResult defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 30);

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
        Assert.Contains(
            planner.Decisions.All,
            decision =>
                decision.Id == approved && decision.Outcome is DecisionOutcome.Applied or DecisionOutcome.Confirmed
        );
    }

    [Fact]
    public void Plan_TheSameSeed_DecidesTheSame()
    {
        Assert.Equal(Decide(), Decide());

        static (long, long, string) Decide()
        {
            AgentPlanner planner = new(Options(5), new TwinTrial());
            SimulationResult result = Busy.Run(new SimulatedPolicy { Planner = planner }, 3, 40);
            return (
                result.InTime,
                result.Events,
                string.Join("|", planner.Decisions.All.Select(decision => decision.Summary))
            );
        }
    }

    /// <summary>
    /// A planner whose what-if gate says the opposite of the truth, with the guardrails as they ship: every change that
    /// does harm is taken back, and three of them stop it.
    /// </summary>
    [Fact]
    public void Plan_WrongOnPurpose_IsRolledBackAndStopped()
    {
        AgentPlanner planner = RunWrongOnPurpose(seed: 1, seconds: 1200, out _);

        Assert.True(planner.Watch.IsStopped);
        AgentDecision[] decisions = planner.Decisions.All;
        Assert.Equal(3, decisions.Count(decision => decision.Outcome == DecisionOutcome.RolledBack));
        Assert.Equal(DecisionOutcome.Stopped, decisions[^1].Outcome);
    }

    /// <summary>
    /// One trace says little: what a change costs in its minute differs by ten points from trace to trace.
    /// </summary>
    [Fact]
    public void Plan_WrongOnPurpose_CostsAFewPointsAMinuteOnAverage()
    {
        double[][] costs = new double[4][];

        Parallel.For(0, costs.Length, i => RunWrongOnPurpose(seed: i + 1, seconds: 600, out costs[i]));

        double[] all = [.. costs.SelectMany(cost => cost)];
        string points = string.Join(" ", all.Select(cost => $"{cost * 100:F1}"));
        TestContext.Current.SendDiagnosticMessage($"points in the minute from each change: {points}");
        Assert.InRange(all.Length, 8, 40);
        Assert.True(
            all.Average() <= 0.04,
            $"{all.Average() * 100:F1} points in the minute from each of {all.Length} changes"
        );
    }

    [Theory]
    [InlineData("cloud", "tight")]
    [InlineData("social", "unequal")]
    public void Plan_EveryChange_StaysWithinTheBudgetAndLeavesEveryModelAReplica(string scenario, string shape)
    {
        GuardrailOptions rails = new() { WatchSeconds = 5 };
        Budgeted budgeted = new(
            new AgentPlanner(
                new AgentOptions
                {
                    PeriodSeconds = 5,
                    TrialEvents = 40_000,
                    Guardrails = rails,
                },
                new TwinTrial()
            )
        );

        new Cell(Scenarios.Find(scenario), shape, 4, 0.6).Run(new SimulatedPolicy { Planner = budgeted }, 2, 120);

        Assert.NotEmpty(budgeted.Changes);
        // The first plan fills an empty cluster, which is no change.
        Assert.All(
            budgeted.Changes.Skip(1),
            change => Assert.True(change.Loads <= rails.MaxLoads, $"{change.Loads} loads at once")
        );
        Assert.True(budgeted.LeastReplicas >= 1);
    }

    [Fact]
    public void Run_ANodeIsLost_ItsRequestsAreAnsweredElsewhere()
    {
        Cell cell = new(Scenarios.Find("cloud"), "equal", 4, 0.3);

        SimulationResult result = cell.Run(
            new SimulatedPolicy { Planner = new AgentPlanner(Options(5), new TwinTrial()) },
            1,
            40,
            new SimulationOptions { Incidents = [new Incident(20, 3, 0)] }
        );

        Assert.True(result.AttainmentOf(25, 40) > 0.97, $"{result.AttainmentOf(25, 40)}");
        Assert.All(
            result.Plan.Models,
            model => Assert.DoesNotContain(model.Replicas, replica => replica.Node.Endpoint.Port == 20_003)
        );
    }

    [Fact]
    public void Run_TelemetryIsLateAndLost_TheAgentDoesNoHarm()
    {
        SimulationOptions bad = new() { TelemetryDelaySeconds = 3, TelemetryLoss = 0.3 };

        SimulationResult agent = Busy.Run(
            new SimulatedPolicy { Planner = new AgentPlanner(Options(5), new TwinTrial()) },
            1,
            60,
            bad
        );
        SimulationResult defaults = Busy.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, 1, 60, bad);

        Assert.True(
            agent.SloAttainment > defaults.SloAttainment - 0.01,
            $"{agent.SloAttainment} against {defaults.SloAttainment}"
        );
    }

    private static AgentOptions Options(double period) =>
        new()
        {
            PeriodSeconds = period,
            TrialEvents = 40_000,
            Guardrails = new GuardrailOptions { WatchSeconds = period },
        };

    /// <summary>
    /// Runs a planner that is wrong on purpose, and says what each change cost over the minute from it.
    /// </summary>
    private static AgentPlanner RunWrongOnPurpose(int seed, int seconds, out double[] costs)
    {
        Cell cell = new(Scenarios.Find("social"), "equal", 4, 0.6);
        AgentPlanner planner = new(new AgentOptions(), new Inverted());
        List<int> changes = [];
        int seen = 0;
        SimulationResult wrong = cell.Run(new SimulatedPolicy { Planner = new Watched(planner, Note) }, seed, seconds);
        SimulationResult kept = cell.Run(new SimulatedPolicy { Planner = new ReplicateWhereItFits() }, seed, seconds);
        costs = [.. changes.Select(at => kept.AttainmentOf(at, at + 60) - wrong.AttainmentOf(at, at + 60))];
        return planner;

        void Note(TimeSpan now)
        {
            AgentDecision[] decisions = planner.Decisions.All;
            int applied = decisions.Skip(seen).Count(decision => decision.Outcome == DecisionOutcome.Applied);
            changes.AddRange(Enumerable.Repeat((int)now.TotalSeconds, applied));
            seen = decisions.Length;
        }
    }

    /// <summary>
    /// Right about the plan in force, which it is asked for first, so that nothing shows that it is wrong; for every
    /// other plan what it gains is a loss.
    /// </summary>
    private sealed class Inverted : IPlanTrial
    {
        private readonly TwinTrial _twin = new();
        private (long Seed, double Attainment)? _present;

        public TrialResult Try(PredictedCluster cluster, ClusterPlan plan, long seed, long maxEvents)
        {
            TrialResult result = _twin.Try(cluster, plan, seed, maxEvents);
            if (_present?.Seed != seed)
            {
                _present = (seed, result.Attainment);
            }
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
            PlanDifference difference = PlanDifference.Between(current, plan);
            if (!difference.IsNone)
            {
                Changes.Add(difference);
            }
            if (plan.Models.Length > 0)
            {
                LeastReplicas = Math.Min(LeastReplicas, plan.Models.Min(model => model.Replicas.Length));
            }
            return plan;
        }
    }

    private sealed class Consenting(AgentPlanner planner, Action<long> approved) : IPlanner
    {
        public ClusterPlan Plan(Agent.Observation.ClusterObservation observation, ClusterPlan current)
        {
            if (
                planner.Decisions.All.LastOrDefault(decision => decision.Outcome == DecisionOutcome.Advised)
                    is { } advised
                && planner.Answer(advised.Id, approve: true)
            )
            {
                approved(advised.Id);
            }
            return planner.Plan(observation, current);
        }
    }
}
