using System.Text.Json;

namespace OrleansInference.Load.Orleans;

internal static class CallCostWriter
{
    public static void WriteText(CallCost cost, TextWriter output)
    {
        output.WriteLine($"mode         orleans, {cost.InFlight} in flight, {cost.Seconds:F2} s");
        output.WriteLine($"calls        {cost.Calls}");
        output.WriteLine($"throughput   {cost.CallsPerSecond:F1} calls/s");
        output.WriteLine($"latency ms   p50 {cost.P50:F3}  p99 {cost.P99:F3}");
        output.WriteLine(
            $"CPU          client {cost.ClientCpu:F1} µs/call, silo {Text(cost.SiloCpu)} µs/call, sum "
                + $"{Text(cost.Sum)} µs/call"
        );
        if (cost.ModelCpu > 0)
        {
            output.WriteLine(
                $"             less the model's run of {cost.ModelCpu:F1} µs: {Text(cost.SumWithoutModel)} µs/call"
            );
        }
    }

    public static void WriteJson(CallCost cost, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("mode", "orleans");
        writer.WriteNumber("in_flight", cost.InFlight);
        writer.WriteNumber("seconds", Math.Round(cost.Seconds, 3));
        writer.WriteNumber("calls", cost.Calls);
        writer.WriteNumber("calls_per_s", Math.Round(cost.CallsPerSecond, 2));
        writer.WriteStartObject("latency_ms");
        writer.WriteNumber("p50", cost.P50);
        writer.WriteNumber("p99", cost.P99);
        writer.WriteEndObject();
        writer.WriteNumber("client_cpu_us_per_call", Math.Round(cost.ClientCpu, 2));
        if (cost is { SiloCpu: { } silo, Sum: { } sum, SumWithoutModel: { } rest })
        {
            writer.WriteNumber("silo_cpu_us_per_call", Math.Round(silo, 2));
            writer.WriteNumber("sum_cpu_us_per_call", Math.Round(sum, 2));
            writer.WriteNumber("model_us", cost.ModelCpu);
            writer.WriteNumber("sum_without_model_us_per_call", Math.Round(rest, 2));
        }

        writer.WriteEndObject();
    }

    private static string Text(double? microseconds) => microseconds is { } known ? $"{known:F1}" : "unknown";
}
