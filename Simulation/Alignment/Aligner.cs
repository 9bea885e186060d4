using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Trials;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Alignment;

/// <summary>Replays in the twin what a live cluster was asked, and says how far the two are apart.</summary>
public static class Aligner
{
    /// <summary>How far median and goodput may be apart.</summary>
    public const double Tolerance = 0.15;

    /// <summary>
    /// The line through measured runs (<see cref="BatchCostEstimator"/>); neither part is negative.
    /// </summary>
    /// <param name="seconds">Seconds of a run by rows, one a power of two; at least one.</param>
    /// <param name="p95Factor">95th percentile of a run ÷ its mean, ≥ 1.</param>
    public static ServiceModel Line(IReadOnlyDictionary<int, double> seconds, double p95Factor)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        if (seconds.Count == 0)
        {
            throw new ArgumentException("no run was measured", nameof(seconds));
        }
        BatchCostEstimator line = new();
        foreach ((int rows, double value) in seconds)
        {
            line.Observe(rows, value);
        }
        return new ServiceModel(line.Current, 0, p95Factor, IsMeasured: true);
    }

    /// <summary>Replays a workload.</summary>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <param name="models">Its models, in the order of the workload's indices.</param>
    /// <param name="entry">Index of the node that clients talk to.</param>
    /// <param name="workload">What was asked.</param>
    /// <param name="seed">Seed of the noise.</param>
    public static AlignmentOutcome Replay(
        IReadOnlyList<MeasuredNode> nodes,
        IReadOnlyList<MeasuredModel> models,
        int entry,
        Workload workload,
        long seed
    )
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(models);
        WorldSpec world = new(
            [
                .. nodes.Select(
                    (node, i) =>
                        new WorldNode
                        {
                            Name = node.Name,
                            Index = i,
                            Cores = node.Cores,
                            MemoryBytes = long.MaxValue / 2,
                            LinkMbps = node.LinkMbps > 0 ? node.LinkMbps : 10_000,
                        }
                ),
            ],
            [
                .. models.Select(
                    (model, i) =>
                        new WorldModel
                        {
                            Name = model.Name,
                            Index = i,
                            Cost = BatchCost.Mean([.. model.Service.Select(service => service?.Cost ?? default)]),
                            Intensity = 0,
                            MaxRows = model.MaxRows,
                            MemoryBytes = 1,
                            LoadSeconds = 0,
                            // What the way takes is not the server's to spend.
                            SloSeconds = Math.Max(0.001, model.SloSeconds - model.OverheadSeconds),
                            RequestBytes = model.RequestBytes,
                            AnswerBytes = model.AnswerBytes,
                        }
                ),
            ],
            new MeasuredLaw(
                [
                    .. models.Select(model =>
                        model
                            .Service.Select(service =>
                                service ?? new ServiceModel(new BatchCost(1, 1), 0, 1, IsMeasured: false)
                            )
                            .ToArray()
                    ),
                ],
                [.. nodes.Select(node => Math.Clamp(node.Parallelism, 1, node.Cores))]
            )
        );
        ClusterPlan plan = ClusterPlan.Empty with
        {
            Models =
            [
                .. models.Select(model => new ModelPlan
                {
                    Name = model.Name,
                    Revision = "1",
                    LoadBalance = model.LoadBalance,
                    Replicas =
                    [
                        .. nodes
                            .Select((node, i) => (Node: node, Index: i))
                            .Where(pair => model.Service[pair.Index] is not null)
                            .Select((pair, index) => new ReplicaPlan(index, SimulatedNode.AddressOf(pair.Index), 1)),
                    ],
                }),
            ],
        };
        SimulatedPolicy policy = new() { Planner = new FixedPlanner(plan), Tuner = () => new RunLengthTuner() };
        SimulationResult result = SimulatedCluster.Run(
            world,
            workload,
            policy,
            new SimulationOptions { Seed = seed, EntryNode = entry }
        );
        double overhead = models.Average(model => model.OverheadSeconds) * 1000;
        return new AlignmentOutcome(
            result.P50Ms + overhead,
            result.P99Ms + overhead,
            result.InTime / workload.Seconds,
            result.Rejected
        );
    }

    /// <summary>Puts the runs of the cluster and of the twin side by side.</summary>
    public static IReadOnlyList<AlignmentLine> Compare(
        IReadOnlyList<AlignmentOutcome> live,
        IReadOnlyList<AlignmentOutcome> twin
    )
    {
        return
        [
            Line("p50 ms", outcome => outcome.P50Ms, false),
            Line("p99 ms", outcome => outcome.P99Ms, true),
            Line("goodput/s", outcome => outcome.Goodput, false),
        ];

        AlignmentLine Line(string metric, Func<AlignmentOutcome, double> value, bool bySpread)
        {
            double[] values = [.. live.Select(value).Order()];
            double middle = Median(values);
            double mean = values.Average();
            double spread =
                values.Length < 2 || middle == 0
                    ? 0
                    : Math.Sqrt(values.Sum(each => (each - mean) * (each - mean)) / (values.Length - 1)) / middle;
            return new AlignmentLine(
                metric,
                middle,
                spread,
                Median([.. twin.Select(value).Order()]),
                bySpread ? Math.Max(Tolerance, 2 * spread) : Tolerance
            );
        }
    }

    private static double Median(double[] sorted) =>
        sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
}
