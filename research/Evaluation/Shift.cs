using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Research.Evaluation;

/// <summary>Something that changes half-way, which nobody was prepared for.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Options">What happens to nodes and telemetry, by the second of the change.</param>
/// <param name="Change">What happens to the requests: the cell, its trace, the second of the change and the trace's
/// seed.</param>
public sealed record Shift(
    string Name,
    Func<double, SimulationOptions> Options,
    Func<Cell, Workload, double, long, Workload> Change
)
{
    /// <summary>The suite.</summary>
    public static IReadOnlyList<Shift> All { get; } =
    [
        new(
            "load × 1.5",
            _ => new SimulationOptions(),
            (cell, workload, at, seed) =>
            {
                long from = (long)(at * TimeSpan.TicksPerSecond);
                Workload heavier = cell.Scenario.Generate(cell.World, workload.Seconds, cell.Load * 1.5, seed);
                return new Workload(
                    [
                        .. workload.Arrivals.Where(arrival => arrival.At < from),
                        .. heavier.Arrivals.Where(arrival => arrival.At >= from),
                    ],
                    workload.Seconds
                );
            }
        ),
        new("a node at half speed", at => new SimulationOptions { Incidents = [new Incident(at, 0, 0.5)] }, Same),
        new("a node lost", at => new SimulationOptions { Incidents = [new Incident(at, 1, 0)] }, Same),
        new("telemetry 3 s late", _ => new SimulationOptions { TelemetryDelaySeconds = 3 }, Same),
        new("30 % of telemetry lost", _ => new SimulationOptions { TelemetryLoss = 0.3 }, Same),
        new(
            "a model nobody had asked for",
            _ => new SimulationOptions(),
            (_, workload, at, _) =>
            {
                long from = (long)(at * TimeSpan.TicksPerSecond);
                int last = workload.Arrivals.Max(arrival => arrival.Model);
                return new Workload(
                    [.. workload.Arrivals.Where(arrival => arrival.Model != last || arrival.At >= from)],
                    workload.Seconds
                );
            }
        ),
    ];

    private static Workload Same(Cell cell, Workload workload, double at, long seed) => workload;

    /// <summary>Share of the requests after the change that were in time.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="policy">The policy, made anew for each trace.</param>
    /// <param name="seed">Seed of the trace.</param>
    /// <param name="seconds">Length of the trace; the change comes half-way.</param>
    public double Run(Cell cell, SimulatedPolicy policy, long seed, double seconds)
    {
        ArgumentNullException.ThrowIfNull(cell);
        double at = seconds / 2;
        Workload workload = Change(cell, cell.Trace(seed, seconds), at, seed);
        return SimulatedCluster
            .Run(cell.World, workload, policy, Options(at) with { Seed = seed, WarmupSeconds = Cell.WarmupSeconds })
            .AttainmentOf((int)at - 1, (int)seconds);
    }
}
