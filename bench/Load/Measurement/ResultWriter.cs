using System.Text.Json;

namespace OrleansInference.Load.Measurement;

internal static class ResultWriter
{
    /// <summary>Writes to the console; the exit code, 0 where there are answers and no errors.</summary>
    public static int Write(LoadResult result, bool json)
    {
        if (json)
        {
            using var output = Console.OpenStandardOutput();
            WriteJson(result, output);
            output.WriteByte((byte)'\n');
        }
        else
        {
            WriteText(result, Console.Out);
        }
        return result.Requests > 0 && result.Errors.Count == 0 ? 0 : 1;
    }

    private static void WriteText(LoadResult result, TextWriter output)
    {
        var errors =
            result.Errors.Count == 0
                ? "none"
                : string.Join(", ", result.Errors.Select(error => $"{error.Key}: {error.Value}"));
        output.WriteLine($"mode         {result.Mode}, {result.Connections} connections, {result.Seconds:F2} s");
        output.WriteLine($"requests     {result.Requests}   errors {errors}");
        output.WriteLine($"throughput   {result.Throughput:F1} /s");
        output.WriteLine(
            $"latency ms   p50 {result.P50:F3}  p90 {result.P90:F3}  p99 {result.P99:F3}  p99.9 "
                + $"{result.P999:F3}  max {result.Max:F3}"
        );
        if (result.Rate is { } rate)
        {
            output.WriteLine(
                $"open loop    {rate:F1} /s asked, {result.Late} sent over 1 ms late, {result.Unsent} never sent"
            );
        }
        output.WriteLine(
            $"CPU          server {(result.ServerCpu is { } cpu ? $"{cpu:F1}" : "unknown")} "
                + $"µs/request, load generator {result.OwnCpu:F1} µs/request"
        );
    }

    private static void WriteJson(LoadResult result, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("mode", result.Mode);
        writer.WriteNumber("connections", result.Connections);
        writer.WriteNumber("seconds", Math.Round(result.Seconds, 3));
        writer.WriteNumber("requests", result.Requests);
        writer.WriteStartObject("errors");
        foreach (var (kind, count) in result.Errors)
        {
            writer.WriteNumber(kind, count);
        }
        writer.WriteEndObject();
        writer.WriteNumber("throughput_per_s", Math.Round(result.Throughput, 2));
        writer.WriteStartObject("latency_ms");
        writer.WriteNumber("p50", result.P50);
        writer.WriteNumber("p90", result.P90);
        writer.WriteNumber("p99", result.P99);
        writer.WriteNumber("p99.9", result.P999);
        writer.WriteNumber("max", result.Max);
        writer.WriteEndObject();
        if (result.Rate is { } rate)
        {
            writer.WriteNumber("rate_per_s", rate);
            writer.WriteNumber("late", result.Late);
            writer.WriteNumber("unsent", result.Unsent);
        }

        if (result.ServerCpu is { } server)
        {
            writer.WriteNumber("server_cpu_us_per_request", Math.Round(server, 2));
        }
        writer.WriteNumber("own_cpu_us_per_request", Math.Round(result.OwnCpu, 2));
        writer.WriteEndObject();
    }
}
