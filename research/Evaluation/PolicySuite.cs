using System.Globalization;
using System.Text;
using OrleansInference.Agent.Policy;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// Learned policies against planner and predictor alone, on the same held-out traces: paired, by cell. A policy is in
/// force where the promotion gate lets it: on as many other traces of the cell it is not worse, as
/// <c>Training retrain</c> asks of a cluster's own.
/// </summary>
/// <param name="traces">Held-out traces of each cell, ≥ 2.</param>
/// <param name="seconds">Simulated seconds of each.</param>
/// <param name="adapting">Seconds at its beginning that are reported apart.</param>
public sealed class PolicySuite(int traces, double seconds, int adapting)
{
    private const long GateSeed = 8000;
    private const long HeldOutSeed = 6000;

    /// <summary>Points by which the interval may reach below the planner's: noise, not harm.</summary>
    public const double PromotionTolerance = 0.1;

    /// <summary>Judges; deterministic.</summary>
    /// <param name="cells">The cells.</param>
    /// <param name="names">The policies' names, one for each training seed.</param>
    /// <param name="load">The network of a name. What it gives must be thread-safe.</param>
    /// <param name="progress">Told of each cell that is done.</param>
    /// <returns>A table in Markdown.</returns>
    public string Judge(
        IReadOnlyList<Cell> cells,
        IReadOnlyList<string> names,
        Func<string, PolicyFunction> load,
        Action<string>? progress = null
    )
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(load);
        PolicyFunction[] functions = [.. names.Select(load)];
        StringBuilder report = new();
        report.AppendLine(
            CultureInfo.InvariantCulture,
            $"{names.Count} policies × {traces} held-out traces of {seconds:F0} s a cell; points of "
                + $"attainment above planner + predictor on the same trace, 95 % bootstrap intervals."
        );
        report
            .AppendLine()
            .AppendLine(
                "| cell | planner + predictor | policies, no gate | worst policy | best policy | while "
                    + "adapting | departures | promoted | behind the gate |"
            )
            .AppendLine("|---|---|---|---|---|---|---|---|---|");
        foreach (Cell cell in cells)
        {
            (double After, double During, double Departures)[] alone = Run(cell, null, HeldOutSeed);
            (double After, double During, double Departures)[] before = Run(cell, null, GateSeed);
            (double After, double During, double Departures)[][] with =
            [
                .. functions.Select(function => Run(cell, function, HeldOutSeed)),
            ];
            bool[] promoted =
            [
                .. functions.Select(function =>
                    Bootstrap
                        .Mean([
                            .. Run(cell, function, GateSeed)
                                .Zip(before, (mine, theirs) => 100 * (mine.After - theirs.After)),
                        ])
                        .Low >= -PromotionTolerance
                ),
            ];
            // One value a trace: what several policies do on the same requests is not independent.
            double[] differences =
            [
                .. Enumerable
                    .Range(0, traces)
                    .Select(trace => 100 * (with.Average(results => results[trace].After) - alone[trace].After)),
            ];
            double[] during =
            [
                .. with.SelectMany(results =>
                    results.Zip(alone, (mine, theirs) => 100 * (mine.During - theirs.During))
                ),
            ];
            double[] means =
            [
                .. with.Select(results =>
                    results.Zip(alone, (mine, theirs) => 100 * (mine.After - theirs.After)).Average()
                ),
            ];
            (double mean, double low, double high) = Bootstrap.Mean(differences);
            (double gatedMean, double gatedLow, double gatedHigh) = Bootstrap.Mean([
                .. Enumerable
                    .Range(0, traces)
                    .Select(trace =>
                        100
                        * with.Select(
                                (results, policy) => promoted[policy] ? results[trace].After - alone[trace].After : 0
                            )
                            .Average()
                    ),
            ]);
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"| {cell.Name} | {100 * alone.Average(run => run.After):F2} | "
                    + $"{Difference(mean, low, high)} | {means.Min():+0.00;-0.00;0.00} | "
                    + $"{means.Max():+0.00;-0.00;0.00} | {during.Average():+0.00;-0.00;0.00} | "
                    + $"{with.Average(results => results.Average(run => run.Departures)):P0} | "
                    + $"{promoted.Count(each => each)} of {promoted.Length} | "
                    + $"{Difference(gatedMean, gatedLow, gatedHigh)} |"
            );
            report.AppendLine(line);
            progress?.Invoke(line);
        }

        return report.ToString();
    }

    private static string Difference(double mean, double low, double high)
    {
        string verdict =
            low > 0 ? " **better**"
            : high < 0 ? " **worse**"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{mean:+0.00;-0.00;0.00} ({low:+0.00;-0.00;0.00} to {high:+0.00;-0.00;0.00}){verdict}"
        );
    }

    private (double After, double During, double Departures)[] Run(Cell cell, PolicyFunction? function, long firstSeed)
    {
        (double, double, double)[] results = new (double, double, double)[traces];
        Parallel.For(
            0,
            traces,
            i =>
            {
                PolicySlot? slot = function is null
                    ? null
                    : new PolicySlot { Current = new LearnedPolicy("", function) };
                SimulationResult result = cell.Run(
                    Contestants.Create(Contestants.PeriodSeconds, Contestants.LeastGain, policy: slot),
                    firstSeed + i,
                    seconds
                );
                results[i] = (
                    result.AttainmentOf(adapting, int.MaxValue),
                    result.AttainmentOf(0, adapting),
                    slot is { Asked: > 0 } ? (double)slot.Departed / slot.Asked : 0
                );
            }
        );
        return results;
    }
}
