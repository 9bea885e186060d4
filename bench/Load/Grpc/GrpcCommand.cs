using System.Runtime.InteropServices;
using OrleansInference.Load.Arguments;
using OrleansInference.Load.Http;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Grpc;

internal static class GrpcCommand
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
        "json!",
        "pid",
        "check",
    ];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var plan = Plan(arguments);
        if (arguments.Find("check") is { } file)
        {
            var expected = MemoryMarshal.Cast<byte, float>(DataMissingException.Read(file)).ToArray();
            if (await GrpcOutputCheck.ProblemAsync(plan.Server, plan.Request, expected, cancellation) is { } problem)
            {
                throw new InvalidOperationException($"Check failed: {problem}.");
            }
            await Console.Error.WriteLineAsync(
                $"Check passed: {expected.Length} numbers within {OutputCheck.Tolerance}."
            );
        }

        var result = await GrpcLoadRun.ExecuteAsync(plan, cancellation);
        return ResultWriter.Write(result, arguments.Has("json"));
    }

    private static GrpcPlan Plan(ArgumentSet arguments) =>
        new(
            ServerUrl.Resolve("url", arguments.Text("url", "http://127.0.0.1:8001")),
            GrpcInferRequest.Build(
                arguments.Required("model"),
                arguments.Required("input-name"),
                arguments.Text("datatype", "FP32"),
                arguments.Shape(),
                DataMissingException.Read(arguments.Required("input")),
                arguments.Find("output")?.Split(',') ?? []
            ),
            arguments.Integer("connections", 1, 1),
            arguments.Number("seconds", 4, 0.1),
            arguments.Number("warmup", 2, 0)
        )
        {
            ServerProcess = arguments.Has("pid") ? arguments.Integer("pid", 0, 1) : null,
        };
}
