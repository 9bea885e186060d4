using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;
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

    /// <summary>The line base + perRow × rows of measured runs, by least squares of the relative errors; neither part is negative.</summary>
    /// <param name="seconds">Seconds of a run by rows; at least one.</param>
    /// <param name="p95Factor">95th percentile of a run ÷ its mean, ≥ 1.</param>
    public static ServiceModel Line(IReadOnlyDictionary<int, double> seconds, double p95Factor)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        if (seconds.Count == 0) throw new ArgumentException("no run was measured", nameof(seconds));
        if (seconds.Count == 1) return new ServiceModel(0, seconds.First().Value / seconds.First().Key, 0, p95Factor, IsMeasured: true);
        double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
        foreach ((int rows, double value) in seconds)
        {
            double weight = 1 / Math.Max(1e-12, value * value);
            (w, wx, wy, wxx, wxy) = (w + weight, wx + (weight * rows), wy + (weight * value), wxx + (weight * rows * rows), wxy + (weight * rows * value));
        }

        double perRow = Math.Max(0, ((w * wxy) - (wx * wy)) / Math.Max(1e-30, (w * wxx) - (wx * wx))), fixedPart = (wy - (perRow * wx)) / w;
        // Through the origin where a line would begin below it.
        return fixedPart >= 0 ? new ServiceModel(fixedPart, perRow, 0, p95Factor, IsMeasured: true) : new ServiceModel(0, wxy / wxx, 0, p95Factor, IsMeasured: true);
    }

    /// <summary>Replays a workload.</summary>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <param name="models">Its models, in the order of the workload's indices.</param>
    /// <param name="entry">Index of the node that clients talk to.</param>
    /// <param name="workload">What was asked.</param>
    /// <param name="seed">Seed of the noise.</param>
    public static AlignmentOutcome Replay(IReadOnlyList<MeasuredNode> nodes, IReadOnlyList<MeasuredModel> models, int entry, Workload workload, long seed)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(models);
        WorldSpec world = new(
            [.. nodes.Select((node, i) => new WorldNode { Name = node.Name, Index = i, Cores = node.Cores, MemoryBytes = long.MaxValue / 2, LinkMbps = node.LinkMbps > 0 ? node.LinkMbps : 10_000 })],
            [.. models.Select((model, i) => new WorldModel
            {
                Name = model.Name,
                Index = i,
                BaseSeconds = model.Service.Average(service => service?.BaseSeconds ?? 0),
                SecondsPerRow = model.Service.Average(service => service?.SecondsPerRow ?? 0),
                Intensity = 0,
                MaxRows = model.MaxRows,
                MemoryBytes = 1,
                LoadSeconds = 0,
                // What the way takes is not the server's to spend.
                SloSeconds = Math.Max(0.001, model.SloSeconds - model.OverheadSeconds),
                RequestBytes = model.RequestBytes,
                AnswerBytes = model.AnswerBytes,
            })],
            new MeasuredLaw([.. models.Select(model => model.Service.Select(service => service ?? new ServiceModel(1, 1, 0, 1, IsMeasured: false)).ToArray())], [.. nodes.Select(node => Math.Clamp(node.Parallelism, 1, node.Cores))]));
        ClusterPlan plan = ClusterPlan.Empty with
        {
            Models = [.. models.Select(model => new ModelPlan { Name = model.Name, Revision = "1", LoadBalance = model.LoadBalance, Replicas = [.. nodes.Select((node, i) => (Node: node, Index: i)).Where(pair => model.Service[pair.Index] is not null).Select((pair, index) => new ReplicaPlan(index, new SimulatedNode(pair.Index, world.Nodes[pair.Index]).Address, 1))] })],
        };
        SimulatedPolicy policy = new() { Planner = new FixedPlanner(plan), Tuner = () => new RunLengthTuner() };
        SimulationResult result = SimulatedCluster.Run(world, workload, policy, new SimulationOptions { Seed = seed, EntryNode = entry });
        double overhead = models.Average(model => model.OverheadSeconds) * 1000;
        return new AlignmentOutcome(result.P50Ms + overhead, result.P99Ms + overhead, result.InTime / workload.Seconds, result.Rejected);
    }

    /// <summary>Puts the runs of the cluster and of the twin side by side.</summary>
    public static IReadOnlyList<AlignmentLine> Compare(IReadOnlyList<AlignmentOutcome> live, IReadOnlyList<AlignmentOutcome> twin)
    {
        return [Line("p50 ms", outcome => outcome.P50Ms, false), Line("p99 ms", outcome => outcome.P99Ms, true), Line("goodput/s", outcome => outcome.Goodput, false)];

        AlignmentLine Line(string metric, Func<AlignmentOutcome, double> value, bool bySpread)
        {
            double[] values = [.. live.Select(value).Order()];
            double middle = Median(values), mean = values.Average();
            double spread = values.Length < 2 || middle == 0 ? 0 : Math.Sqrt(values.Sum(each => (each - mean) * (each - mean)) / (values.Length - 1)) / middle;
            return new AlignmentLine(metric, middle, spread, Median([.. twin.Select(value).Order()]), bySpread ? Math.Max(Tolerance, 2 * spread) : Tolerance);
        }
    }

    private static double Median(double[] sorted) => sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
}
