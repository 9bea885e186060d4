using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// Judges everybody in a cell: settings are chosen on training traces, all are compared on the same held-out ones.
/// </summary>
/// <param name="training">Training traces, ≥ 1.</param>
/// <param name="heldOut">Held-out traces, ≥ 1.</param>
/// <param name="seconds">Simulated seconds of each.</param>
/// <param name="adapting">Seconds at its beginning in which everybody adapts: reported apart.</param>
/// <param name="seed">Seed of the first held-out trace; the others follow.</param>
public sealed class Evaluator(int training, int heldOut, double seconds, int adapting, long seed)
{
    private const long TrainingSeed = 100;

    /// <summary>Judges; deterministic.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="contestants">Who is judged.</param>
    /// <param name="progress">Told the name of each that is done.</param>
    public CellReport Judge(Cell cell, IReadOnlyList<Contestant> contestants, Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(contestants);
        List<(string, string, double[], double)> results = [];
        foreach (Contestant contestant in contestants)
        {
            (string setting, double[] after, double[] during) = Measure(cell, contestant);
            results.Add((contestant.Name, setting, after, during.Average()));
            progress?.Invoke(contestant.Name);
        }

        // In hindsight: chosen by the very traces that it is judged on.
        (string Setting, double[] Attainment)[] grid =
        [
            .. Contestants.Grid.Select(fixedSetting =>
                (fixedSetting.Setting, Run(cell, fixedSetting.Create, seed, heldOut).After)
            ),
        ];
        IEnumerable<double[]> others = results
            .Where(result => result.Item1 != Contestants.Agent)
            .Select(result => result.Item3)
            .Concat(grid.Select(entry => entry.Attainment));
        return new CellReport(cell.Name, results, grid.MaxBy(entry => entry.Attainment.Average()))
        {
            BestOfEachTrace =
            [
                .. Enumerable.Range(0, heldOut).Select(trace => others.Max(attainment => attainment[trace])),
            ],
            Bound = Bound(cell),
        };
    }

    /// <summary>
    /// The setting that serves the training traces best, and what it attains on each held-out one, after and while it
    /// adapts.
    /// </summary>
    public (string Setting, double[] After, double[] While) Measure(Cell cell, Contestant contestant)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentNullException.ThrowIfNull(contestant);
        (string setting, Func<SimulatedPolicy> create) =
            contestant.Settings.Count == 1
                ? contestant.Settings[0]
                : contestant.Settings.MaxBy(candidate =>
                    Run(cell, candidate.Create, TrainingSeed, training).After.Average()
                );
        (double[] after, double[] during) = Run(cell, create, seed, heldOut);
        return (setting, after, during);
    }

    /// <summary>What no scheduler could exceed on each held-out trace.</summary>
    public double[] Bound(Cell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        OfflineOracle oracle = new(cell.World);
        double[] bound = new double[heldOut];
        Parallel.For(
            0,
            heldOut,
            i => bound[i] = oracle.MostInTime(cell.Trace(seed + i, seconds), Cell.WarmupSeconds + adapting, seconds)
        );
        return bound;
    }

    private (double[] After, double[] While) Run(Cell cell, Func<SimulatedPolicy> create, long firstSeed, int traces)
    {
        double[] after = new double[traces];
        double[] during = new double[traces];
        Parallel.For(
            0,
            traces,
            i =>
            {
                SimulationResult result = cell.Run(create(), firstSeed + i, seconds);
                during[i] = result.AttainmentOf(0, adapting);
                after[i] = result.AttainmentOf(adapting, int.MaxValue);
            }
        );
        return (after, during);
    }
}
