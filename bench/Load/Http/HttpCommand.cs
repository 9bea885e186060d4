using System.Runtime.InteropServices;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Http;

internal static class HttpCommand
{
    public static readonly string[] Options =
    [
        "url",
        "model",
        "connections",
        "seconds",
        "warmup",
        "input",
        "input-name",
        "shape",
        "datatype",
        "output",
        "mode",
        "rate",
        "seed",
        "json!",
        "pid",
        "check",
    ];

    public static int Run(ArgumentSet arguments, CancellationToken cancellation)
    {
        var plan = Plan(arguments);
        if (arguments.Find("check") is { } file)
        {
            using var connection = new HttpConnection(plan.Server);
            var expected = MemoryMarshal.Cast<byte, float>(DataMissingException.Read(file));
            if (OutputCheck.Problem(connection, plan.Request, expected) is { } problem)
            {
                throw new InvalidOperationException($"Check failed: {problem}.");
            }
            Console.Error.WriteLine($"Check passed: {expected.Length} numbers within {OutputCheck.Tolerance}.");
        }

        var result = LoadRun.Execute(plan, cancellation);
        return ResultWriter.Write(result, arguments.Has("json"));
    }

    private static LoadPlan Plan(ArgumentSet arguments)
    {
        var url = arguments.Text("url", "http://127.0.0.1:8000");
        var open = arguments.Text("mode", "closed") switch
        {
            "closed" => false,
            "open" => true,
            var other => throw new UsageException($"Option --mode is closed or open, not '{other}'."),
        };
        if (open && !arguments.Has("rate"))
        {
            throw new UsageException("Option --rate is required with --mode open.");
        }

        var request = InferRequest.Build(
            ServerUrl.Parse("url", url).Authority,
            arguments.Required("model"),
            arguments.Required("input-name"),
            arguments.Text("datatype", "FP32"),
            arguments.Shape(),
            DataMissingException.Read(arguments.Required("input")),
            arguments.Find("output")?.Split(',') ?? []
        );
        return new LoadPlan(
            ServerUrl.Resolve("url", url),
            request,
            arguments.Integer("connections", 1, 1),
            arguments.Number("seconds", 4, 0.1),
            arguments.Number("warmup", 2, 0)
        )
        {
            Rate = open ? arguments.Number("rate", 0, 0.001) : null,
            Seed = arguments.Integer("seed", 1, 0),
            ServerProcess = arguments.Has("pid") ? arguments.Integer("pid", 0, 1) : null,
        };
    }
}
