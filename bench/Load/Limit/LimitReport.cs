using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Limit;

internal static class LimitReport
{
    public static void Write(IEnumerable<LimitResult> results, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(
            "| scenario | connections | echo req/s | echo µs | a run alone µs | a run on all cores µs | one by one at "
                + "most req/s | baseline req/s | of the limit | echo CPU µs server / generator | errors |"
        );
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var result in results)
        {
            output.WriteLine(Row(result));
        }
        output.WriteLine();
        output.WriteLine(
            "Echo: bare Kestrel reads a body as long and answers with as many bytes. µs: 1/rate, of the whole machine "
                + "except for a run alone. One by one: 1/(echo µs + run µs), a run on all cores, or on as many as there are "
                + "connections. Batches may give more."
        );
    }

    private static string Row(LimitResult result) =>
        $"| {result.Scenario.Model} | {result.Scenario.Connections} | {result.EchoPerSecond:F0} "
        + $"| {1e6 / result.EchoPerSecond:F1} | {1e6 / Median.Of(result.RunsAlone):F1} "
        + $"| {1e6 / Median.Of(result.RunsTogether):F1} | **{result.Limit:F0}** | {result.BaselinePerSecond:F0} "
        + $"| {result.BaselinePerSecond / result.Limit:F2} "
        + $"| {Median.Of(result.Echo.Select(run => run.ServerCpu ?? 0)):F0} / "
        + $"{Median.Of(result.Echo.Select(run => run.OwnCpu)):F0} | {result.Errors} |";
}
