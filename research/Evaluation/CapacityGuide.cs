using System.Globalization;
using System.Text;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// How many requests a second a cluster of so many nodes answers in time. It is the highest load of each scenario,
/// found by bisection, at which the share in time over held-out traces reaches a target. The agent is in charge and has
/// adapted.
/// </summary>
/// <param name="target">Share of requests in time, 0 to 1.</param>
/// <param name="traces">Traces of each load, ≥ 1.</param>
/// <param name="seconds">Simulated seconds of each.</param>
/// <param name="adapting">Seconds at the beginning that do not count.</param>
public sealed class CapacityGuide(double target, int traces, double seconds, int adapting)
{
    private const long FirstSeed = 9000;
    private const int Steps = 6;
    private const double LeastLoad = 0.05;
    private const double MostLoad = 1.2;

    /// <summary>A table in Markdown; deterministic.</summary>
    /// <param name="scenarios">The scenarios.</param>
    /// <param name="nodes">Sizes of cluster.</param>
    /// <param name="progress">Told of each line that is done.</param>
    public string Table(IReadOnlyList<Scenario> scenarios, IReadOnlyList<int> nodes, Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(scenarios);
        ArgumentNullException.ThrowIfNull(nodes);
        StringBuilder table = new();
        table
            .AppendLine("| scenario | nodes | requests/s in time | a node | of its capacity | p50 / p99 ms |")
            .AppendLine("|---|---|---|---|---|---|");
        foreach (Scenario scenario in scenarios)
        {
            foreach (int count in nodes)
            {
                Capacity most = Most(scenario, count);
                string line =
                    most.Load <= 0
                        ? string.Create(
                            CultureInfo.InvariantCulture,
                            $"| {scenario.Name} | {count} | none: {target:P0} are not in time even at {LeastLoad:P0} "
                                + $"of capacity | | | |"
                        )
                        : string.Create(
                            CultureInfo.InvariantCulture,
                            $"| {scenario.Name} | {count} | {most.RequestsPerSecond:F0} | "
                                + $"{most.RequestsPerSecond / count:F0} | {most.Load * 100:F0} % | {most.P50Ms:F1} / "
                                + $"{most.P99Ms:F1} |"
                        );
                table.AppendLine(line);
                progress?.Invoke(line);
            }
        }

        return table.ToString();
    }

    /// <summary>The highest load of equal nodes that reaches the target.</summary>
    public Capacity Most(Scenario scenario, int nodes)
    {
        if (Measure(scenario, nodes, LeastLoad) is not { } best)
        {
            return default;
        }
        double low = LeastLoad;
        double high = MostLoad;
        for (int step = 0; step < Steps; step++)
        {
            double load = (low + high) / 2;
            if (Measure(scenario, nodes, load) is { } reached)
            {
                (low, best) = (load, reached);
            }
            else
            {
                high = load;
            }
        }

        return best;
    }

    /// <summary>What a load gives; null where the target is missed.</summary>
    private Capacity? Measure(Scenario scenario, int nodes, double load)
    {
        SimulationResult[] results = new SimulationResult[traces];
        Parallel.For(
            0,
            traces,
            i =>
                results[i] = new Cell(scenario, "equal", nodes, load).Run(
                    Contestants.Create(Contestants.PeriodSeconds, Contestants.LeastGain),
                    FirstSeed + i,
                    seconds
                )
        );
        if (results.Average(result => result.AttainmentOf(adapting, int.MaxValue)) < target)
        {
            return null;
        }
        return new Capacity(
            load,
            results.Average(result => result.Requests / result.Seconds),
            results.Average(result => result.P50Ms),
            results.Average(result => result.P99Ms)
        );
    }
}
