using System.Globalization;
using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Load.Arguments;

namespace OrleansInference.Load.Orleans;

internal static class OrleansCommand
{
    public static readonly string[] Options =
    [
        "gateway",
        "model",
        "input",
        "input-name",
        "shape",
        "in-flight",
        "seconds",
        "warmup",
        "pid",
        "model-us",
        "json!",
    ];

    public static async Task<int> RunAsync(ArgumentSet arguments, CancellationToken cancellation)
    {
        var plan = Plan(arguments);
        CallCost cost;
        try
        {
            cost = await CallRun.ExecuteAsync(plan, cancellation);
        }
        catch (InferenceException refused)
        {
            throw new InvalidOperationException($"{refused.Error}: {refused.Message}", refused);
        }
        catch (OrleansException unreachable)
        {
            throw new InvalidOperationException(
                $"No silo answers at {plan.Gateway}: {unreachable.Message}",
                unreachable
            );
        }

        if (arguments.Has("json"))
        {
            using var output = Console.OpenStandardOutput();
            CallCostWriter.WriteJson(cost, output);
            output.WriteByte((byte)'\n');
        }
        else
        {
            CallCostWriter.WriteText(cost, Console.Out);
        }
        return cost.Calls > 0 ? 0 : 1;
    }

    private static CallPlan Plan(ArgumentSet arguments)
    {
        if (!IPEndPoint.TryParse(arguments.Text("gateway", "127.0.0.1:30000"), out var gateway) || gateway.Port == 0)
        {
            throw new UsageException("Option --gateway expects an address and a port, as 127.0.0.1:30000.");
        }
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
        if (!TensorShape.TryCount(shape, out var elements) || elements > Array.MaxLength / sizeof(float))
        {
            throw new UsageException("Option --shape is larger than a tensor can be.");
        }
        var data = arguments.Find("input") is { } file ? ReadFile(file) : new byte[elements * sizeof(float)];
        if (data.Length != elements * sizeof(float))
        {
            throw new UsageException(
                $"Option --input has {data.Length} bytes, --shape {arguments.Required("shape")} takes "
                    + $"{elements * sizeof(float)}."
            );
        }
        return new CallPlan
        {
            Gateway = gateway,
            Request = new InferenceRequest
            {
                ModelName = arguments.Required("model"),
                Inputs = [new Tensor(arguments.Required("input-name"), TensorDatatype.Fp32, shape, data)],
            },
            InFlight = arguments.Integer("in-flight", 1, 1),
            Seconds = arguments.Number("seconds", 4, 0.1),
            Warmup = arguments.Number("warmup", 2, 0),
            SiloProcess = arguments.Has("pid") ? arguments.Integer("pid", 0, 1) : null,
            ModelMicroseconds = arguments.Number("model-us", 0, 0),
        };
    }

    private static byte[] ReadFile(string path) =>
        File.Exists(path) ? File.ReadAllBytes(path) : throw new DataMissingException($"File not found: {path}");
}
