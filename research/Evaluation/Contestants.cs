using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Research.Baselines;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Trials;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// Everybody who is judged. All have the replica's admission by deadline, but where they bring another.
/// </summary>
public static class Contestants
{
    /// <summary>Seconds between the decisions of the agent that is evaluated.</summary>
    public const double PeriodSeconds = 5;

    /// <summary>Gain that its changes must promise, where nobody chooses it.</summary>
    public const double LeastGain = 0.002;

    /// <summary>Name of the agent.</summary>
    public const string Agent = "planner + predictor";

    /// <summary>The agent, as it ships but for its pace: an evaluation's minutes are a cluster's hours.</summary>
    public static Contestant Planner { get; } =
        new(
            Agent,
            [
                .. new[] { LeastGain, 0.01 }.Select(gain =>
                    ($"gain {gain}", new Func<SimulatedPolicy>(() => Create(PeriodSeconds, gain)))
                ),
            ]
        );

    /// <summary>The others.</summary>
    public static IReadOnlyList<Contestant> Baselines { get; } =
    [
        new("static defaults", [("LEW", () => new SimulatedPolicy { Planner = new ReplicateWhereItFits() })]),
        new("round robin", [("", () => Balanced("round_robin"))]),
        new("least outstanding", [("", () => Balanced("least_outstanding"))]),
        new("power of two", [("", () => Balanced("power_of_two"))]),
        new(
            "dynamic batching, static",
            [
                .. new[] { 0.0, 0.002, 0.005, 0.01 }.Select(delay =>
                    (
                        $"delay {delay * 1000} ms",
                        new Func<SimulatedPolicy>(() =>
                            new SimulatedPolicy
                            {
                                Planner = new ReplicateWhereItFits(),
                                FillToMax = true,
                                DelaySeconds = delay,
                            }
                        )
                    )
                ),
            ]
        ),
        new(
            "AIMD (Clipper)",
            [
                .. new[] { 1, 4 }.SelectMany(step =>
                    new[] { 0.75, 0.9 }.Select(backoff =>
                        (
                            $"+{step} ×{backoff}",
                            new Func<SimulatedPolicy>(() => Tuned(() => new AimdTuner(step, backoff)))
                        )
                    )
                ),
            ]
        ),
        new(
            "least squares (BentoML)",
            [
                .. new[] { 0.25, 0.5, 1 }.Select(patience =>
                    (
                        $"patience {patience}",
                        new Func<SimulatedPolicy>(() => Tuned(() => new LeastSquaresTuner(patience)))
                    )
                ),
            ]
        ),
        new(
            "early drop (Nexus)",
            [
                .. new[] { 0.35, 0.5 }.Select(share =>
                    (
                        $"share {share}",
                        new Func<SimulatedPolicy>(() =>
                            Tuned(() => new DeadlineTuner(share)) with
                            {
                                Admission = AdmissionRule.EarlyDrop,
                            }
                        )
                    )
                ),
            ]
        ),
        new(
            "deadline scheduling (Clockwork)",
            [
                .. new[] { 0.5, 0.8 }.SelectMany(share =>
                    new[] { 0, 2 }.Select(instances =>
                        (
                            $"share {share}, {instances} instances",
                            new Func<SimulatedPolicy>(() => Tuned(() => new DeadlineTuner(share, instances)))
                        )
                    )
                ),
            ]
        ),
        new(
            "ResourceOptimized (Orleans)",
            [
                .. new[] { 1, 2, 3 }.Select(replicas =>
                    (
                        $"{replicas} replicas",
                        new Func<SimulatedPolicy>(() =>
                            new SimulatedPolicy { Planner = new ResourceOptimized(replicas) }
                        )
                    )
                ),
            ]
        ),
        new(
            "greedy replication (AlpaServe)",
            [
                .. new[] { 10.0, 30 }.Select(period =>
                    (
                        $"every {period} s",
                        new Func<SimulatedPolicy>(() => new SimulatedPolicy { Planner = new GreedyPlanner(period) })
                    )
                ),
            ]
        ),
        new(
            "autoscaler (Ray Serve)",
            [
                .. new[] { 1.0, 2, 4 }.Select(target =>
                    (
                        $"target {target}",
                        new Func<SimulatedPolicy>(() => new SimulatedPolicy { Planner = new ReplicaScaler(target, 30) })
                    )
                ),
            ]
        ),
        new(
            "SelfTune",
            [
                .. new[] { 0.1, 0.2 }.SelectMany(radius =>
                    new[] { 0.3, 1 }.Select(rate =>
                        (
                            $"radius {radius}, rate {rate}",
                            new Func<SimulatedPolicy>(() => Tuned(() => new SelfTuneTuner(radius, rate, 1)))
                        )
                    )
                ),
            ]
        ),
    ];

    /// <summary>Settings that never change, for the best of them in hindsight.</summary>
    public static IReadOnlyList<(string Setting, Func<SimulatedPolicy> Create)> Grid { get; } =
    [
        .. from rows in new[] { 0, 4, 16, 64 }
        from instances in new[] { 0, 1, 2 }
        from delay in new[] { 0, 0.003 }
        select (
            $"rows {rows}, instances {instances}, delay {delay * 1000} ms",
            new Func<SimulatedPolicy>(() =>
                new SimulatedPolicy
                {
                    Planner = new ReplicateWhereItFits(),
                    MaxRows = rows,
                    FillToMax = rows > 0,
                    Instances = instances,
                    DelaySeconds = delay,
                }
            )
        ),
    ];

    /// <summary>The agent at a pace, with a learned policy if there is one.</summary>
    public static SimulatedPolicy Create(
        double periodSeconds,
        double leastGain,
        IPlanTrial? trial = null,
        PolicySlot? policy = null
    ) =>
        new()
        {
            Planner = new AgentPlanner(
                new AgentOptions
                {
                    PeriodSeconds = periodSeconds,
                    TrialEvents = 60_000,
                    Guardrails = new GuardrailOptions { LeastGain = leastGain, WatchSeconds = periodSeconds },
                },
                trial ?? new TwinTrial()
            )
            {
                Policy = policy,
            },
            Tuner = policy is null ? () => new RunLengthTuner() : () => new PolicyTuner(policy),
        };

    private static SimulatedPolicy Balanced(string balancer) =>
        new() { Planner = new ReplicateWhereItFits(), LoadBalance = balancer };

    private static SimulatedPolicy Tuned(Func<IReplicaTuner> tuner) =>
        new() { Planner = new ReplicateWhereItFits(), Tuner = tuner };
}
