using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Compare;

internal static class CompareCommand
{
    public static readonly string[] Options =
    [
        "silo",
        "baseline",
        "against",
        "against-pid",
        "protocol",
        "data",
        "model",
        "input",
        "runs",
        "seconds",
        "warmup",
        "only",
    ];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var (protocol, usual) = Protocol(arguments);
        var own = OwnModel.From(arguments);
        var scenarios = Scenario.Select(arguments.Find("only"), own, usual);
        var runs = arguments.Integer("runs", 5, 1);
        var seconds = arguments.Number("seconds", 4, 0.5);
        var warmup = arguments.Number("warmup", 2, 0);
        var running = Running(arguments);

        using var repository = new ModelRepositoryFolder();
        var models = ComparedModel.Open(arguments, own, scenarios, repository.Path);
        using var other =
            (ComparedServer?)running ?? ServerCommands.StartBaseline(arguments, "baseline", models, protocol);
        await WaitAsync(other, models, protocol, cancellation);
        using var ours = ServerCommands.StartOurs(arguments, repository.Path, models, protocol);
        await WaitAsync(ours, models, protocol, cancellation);

        var comparison = new Comparison(protocol, ours, other, runs, (seconds, warmup));
        var results = new List<ScenarioResult>();
        foreach (var scenario in scenarios)
        {
            var model = Array.Find(models, model => model.Name == scenario.Model)!;
            results.Add(await comparison.MeasureAsync(scenario, model, cancellation));
        }
        MarkdownReport.WriteMachine(ServerCommands.SiloFolder(arguments), Console.Out);
        Console.Out.WriteLine(
            $"Ours: {await ours.DescribeAsync(protocol, cancellation)}. "
                + $"Against: {await other.DescribeAsync(protocol, cancellation)}."
        );
        Console.Out.WriteLine(
            $"Closed loop over {protocol.Description}, load generator on this machine. "
                + $"Medians of {runs} runs of {seconds} s after {warmup} s of warm-up, alternating."
        );
        MarkdownReport.Write(results, other.Name, Console.Out);
        return results.TrueForAll(result => result.Errors == 0) ? 0 : 1;
    }

    private static (IInferProtocol Protocol, Scenario[] Usual) Protocol(ArgumentSet arguments) =>
        arguments.Text("protocol", "http") switch
        {
            "http" => (new HttpProtocol(), Scenario.Http),
            "grpc" => (new GrpcProtocol(), Scenario.Grpc),
            var other => throw new UsageException($"Option --protocol is http or grpc, not '{other}'."),
        };

    private static RunningServer? Running(ArgumentSet arguments)
    {
        if (arguments.Has("against") && arguments.Has("baseline"))
        {
            throw new UsageException("Options --against and --baseline name the same side: give one of them.");
        }
        if (arguments.Has("against"))
        {
            return RunningServer.From(arguments);
        }
        return arguments.Has("against-pid")
            ? throw new UsageException("Option --against-pid needs --against URL.")
            : null;
    }

    private static async Task WaitAsync(
        ComparedServer server,
        ComparedModel[] models,
        IInferProtocol protocol,
        CancellationToken cancellation
    )
    {
        await Console.Error.WriteLineAsync(
            $"Waiting for {server.Name} at {server.Target}{(server.Id is { } id ? $", process {id}" : "")}"
        );
        await server.WaitServingAsync(models, protocol, cancellation);
    }
}
