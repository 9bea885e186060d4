using OrleansInference.Load.Arguments;
using OrleansInference.Load.Compare;
using OrleansInference.Load.Http;
using OrleansInference.Load.Measurement;
using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Limit;

/// <summary>
/// The most requests a second that service one by one can give here: HTTP alone, by an echo of the same bytes in bare
/// Kestrel, and the model alone, in this process. The baseline is measured beside them.
/// </summary>
internal static class LimitCommand
{
    public static readonly string[] Options =
    [
        "baseline",
        "data",
        "model",
        "input",
        "runs",
        "seconds",
        "warmup",
        "only",
    ];

    private const double RawSeconds = 1;

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var own = OwnModel.From(arguments);
        var scenarios = Scenario.Select(arguments.Find("only"), own, Scenario.Limit);
        var runs = arguments.Integer("runs", 3, 1);
        var seconds = arguments.Number("seconds", 4, 0.5);
        var warmup = arguments.Number("warmup", 2, 0);
        var protocol = new HttpProtocol();

        using var repository = new ModelRepositoryFolder();
        var models = ComparedModel.Open(arguments, own, scenarios, repository.Path);
        using var server = ServerCommands.StartBaseline(arguments, "baseline", models, protocol, "--echo");
        await server.WaitServingAsync(models, protocol, cancellation);

        var results = new List<LimitResult>();
        foreach (var scenario in scenarios)
        {
            var model = Array.Find(models, model => model.Name == scenario.Model)!;
            var result = new LimitResult(scenario);
            results.Add(result);
            var echo = EchoRequest.For(server.EndPoint, model.Request);
            for (var run = 0; run < runs; run++)
            {
                result.Echo.Add(LoadRun.Execute(Plan(echo), cancellation));
                result.RunsAlone.Add(Raw(1));
                result.RunsTogether.Add(Raw(result.Callers));
                result.Baseline.Add(LoadRun.Execute(Plan(model.Request), cancellation));
                await Console.Error.WriteLineAsync($"{scenario} run {run + 1}/{runs}: errors {result.Errors}");
            }

            LoadPlan Plan(byte[] request) =>
                new(server.EndPoint, request, scenario.Connections, seconds, warmup) { ServerProcess = server.Id };

            double Raw(int callers) =>
                RawReference.RowsPerSecond(model.File, new RawSetting(1, 1, callers), RawSeconds, cancellation);
        }
        MarkdownReport.WriteMachine(null, Console.Out);
        await Console.Out.WriteLineAsync(
            $"Closed loop over {protocol.Description}, load generator on this machine. "
                + $"Medians of {runs} runs of {seconds} s after {warmup} s of warm-up."
        );
        LimitReport.Write(results, Console.Out);
        return results.TrueForAll(result => result.Errors == 0) ? 0 : 1;
    }
}
