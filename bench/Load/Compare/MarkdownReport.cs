using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Compare;

/// <summary>
/// Medians over the runs as markdown; the ratio of medians, with the extremes over the pairs behind it. Of so few pairs a
/// bootstrap would promise too much.
/// </summary>
internal static class MarkdownReport
{
    /// <summary>Above a table: machine with runtimes, commit of the checkout, date.</summary>
    public static void WriteMachine(string? checkout, TextWriter output) =>
        output.WriteLine(
            $"Machine: {Machine.Describe()}. Commit: {Machine.Commit(checkout)}. Date: "
                + $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC."
        );

    public static void Write(IReadOnlyCollection<ScenarioResult> results, string other, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(
            $"| scenario | connections | ours req/s | {other} req/s | ratio (pairs) | ours p50 / p99 "
                + $"ms | {other} p50 / p99 ms | p99 ratio | CPU µs/request ours / {other} | ours / raw | "
                + "errors |"
        );
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            output.WriteLine(Row(result));
        }
        output.WriteLine();
        output.WriteLine("Ratio: of the medians; in brackets the least and the greatest ratio of a pair.");
        output.WriteLine("Raw ONNX Runtime in process, rows/s, same minutes:");
        foreach (var model in results.GroupBy(result => result.Scenario.Model))
        {
            output.WriteLine(
                $"- {model.Key}: {string.Join("; ", model.SelectMany(result => result.Raw).GroupBy(raw => raw.Key)
                .Select(raw => $"{raw.Key}: {Median.Of(raw.Select(pair => pair.Value)):F0}"))}"
            );
        }
        output.WriteLine();
        output.WriteLine(
            $"The server without load used "
                + $"{Median.Of(results.SelectMany(result => result.IdleShares)):P1} of a core (median; at "
                + $"most {results.SelectMany(result => result.IdleShares).DefaultIfEmpty().Max():P1}); "
                + $"the load generator "
                + $"{Median.Of(results.SelectMany(result => result.Ours).Select(run => run.OwnCpu)):F0} µs "
                + $"a request."
        );
    }

    private static string Row(ScenarioResult result)
    {
        var ours = result.Ours;
        var baseline = result.Baseline;
        var throughput = (Ours: Of(ours, run => run.Throughput), Baseline: Of(baseline, run => run.Throughput));
        var p99 = (Ours: Of(ours, run => run.P99), Baseline: Of(baseline, run => run.P99));
        return $"| {result.Scenario.Model} | {result.Scenario.Connections} | {throughput.Ours:F0} | "
            + $"{throughput.Baseline:F0} "
            + $"| **{throughput.Ours / throughput.Baseline:F2}** ({result.PairRatios.Min():F2}–{result.PairRatios.Max():F2}) "
            + $"| {Of(ours, run => run.P50):F2} / {p99.Ours:F2} | {Of(baseline, run => run.P50):F2} / "
            + $"{p99.Baseline:F2} | {p99.Ours / p99.Baseline:F2} "
            + $"| {Cpu(ours)} / {Cpu(baseline)} "
            + $"| {throughput.Ours / result.RawBest:F2} | {result.Errors} |";
    }

    private static string Cpu(List<LoadResult> runs) =>
        runs.TrueForAll(run => run.ServerCpu is null) ? "unknown" : $"{Of(runs, run => run.ServerCpu ?? 0):F0}";

    private static double Of(List<LoadResult> runs, Func<LoadResult, double> value) => Median.Of(runs.Select(value));
}
