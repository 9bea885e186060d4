using System.Globalization;
using System.Net;
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
            var expected = MemoryMarshal.Cast<byte, float>(ReadFile(file));
            if (OutputCheck.Problem(connection, plan.Request, expected) is { } problem)
            {
                throw new InvalidOperationException($"Check failed: {problem}.");
            }
            Console.Error.WriteLine($"Check passed: {expected.Length} numbers within {OutputCheck.Tolerance}.");
        }

        var result = LoadRun.Execute(plan, cancellation);
        if (arguments.Has("json"))
        {
            using var output = Console.OpenStandardOutput();
            ResultWriter.WriteJson(result, output);
            output.WriteByte((byte)'\n');
        }
        else
        {
            ResultWriter.WriteText(result, Console.Out);
        }
        return result.Requests > 0 && result.Errors.Count == 0 ? 0 : 1;
    }

    private static LoadPlan Plan(ArgumentSet arguments)
    {
        if (
            !Uri.TryCreate(arguments.Text("url", "http://127.0.0.1:8000"), UriKind.Absolute, out var url)
            || url.Scheme != "http"
        )
        {
            throw new UsageException("Option --url expects http://host:port.");
        }
        var open = arguments.Text("mode", "closed") switch
        {
            "closed" => false,
            "open" => true,
            var other => throw new UsageException($"Option --mode is closed or open, not '{other}'."),
        };
        var shape = arguments
            .Required("shape")
            .Split(',')
            .Select(text =>
                long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                    ? length
                    : throw new UsageException(
                        "Option --shape expects numbers with commas between them, as 1,3,224,224."
                    )
            )
            .ToArray();
        if (open && !arguments.Has("rate"))
        {
            throw new UsageException("Option --rate is required with --mode open.");
        }

        var request = InferRequest.Build(
            url.Authority,
            arguments.Required("model"),
            arguments.Required("input-name"),
            arguments.Text("datatype", "FP32"),
            shape,
            ReadFile(arguments.Required("input")),
            arguments.Find("output")?.Split(',') ?? []
        );
        return new LoadPlan(
            Resolve(url),
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

    private static IPEndPoint Resolve(Uri url) =>
        new(IPAddress.TryParse(url.Host, out var address) ? address : Dns.GetHostAddresses(url.Host)[0], url.Port);

    private static byte[] ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : throw new DataMissingException($"File not found: {path}");
}
