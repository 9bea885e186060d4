using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary><c>GET /v2/models[/{model}[/versions/{version}]]/stats</c>.</summary>
internal sealed class StatisticsEndpoints(IModelCatalog catalog, JsonAnswer answer)
{
    /// <summary>The statistics of one model, or of all.</summary>
    public Task StatisticsAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "statistics",
            () =>
            {
                (string model, string version) = context.Request.RouteValues.ContainsKey("model")
                    ? ModelRoute.Read(context.Request.RouteValues)
                    : ("", "");
                IReadOnlyList<InferenceStatistics> statistics = catalog.GetStatistics(model, version);
                return JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray("model_stats");
                        foreach (InferenceStatistics one in statistics)
                        {
                            Write(json, one);
                        }
                        json.WriteEndArray();
                    }
                );
            }
        );

    private static void Write(Utf8JsonWriter json, InferenceStatistics statistics)
    {
        json.WriteStartObject();
        json.WriteString("name", statistics.Name);
        json.WriteString("version", statistics.Version);
        json.WriteNumber("last_inference", statistics.LastInferenceMs);
        json.WriteNumber("inference_count", statistics.InferenceCount);
        json.WriteNumber("execution_count", statistics.ExecutionCount);
        json.WriteStartObject("inference_stats");
        Write(json, "success", statistics.Success);
        Write(json, "fail", statistics.Fail);
        Write(json, "queue", statistics.Queue);
        Write(json, "compute_input", statistics.ComputeInput);
        Write(json, "compute_infer", statistics.ComputeInfer);
        Write(json, "compute_output", statistics.ComputeOutput);
        Write(json, "cache_hit", default);
        Write(json, "cache_miss", default);
        json.WriteEndObject();
        json.WriteStartObject("response_stats");
        json.WriteEndObject();
        json.WriteStartArray("batch_stats");
        foreach (BatchStatistics batch in statistics.Batches)
        {
            json.WriteStartObject();
            json.WriteNumber("batch_size", batch.Rows);
            Write(json, "compute_input", batch.ComputeInput);
            Write(json, "compute_infer", batch.ComputeInfer);
            Write(json, "compute_output", batch.ComputeOutput);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("memory_usage");
        if (statistics.MemoryBytes > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "CPU");
            json.WriteNumber("id", 0);
            json.WriteNumber("byte_size", statistics.MemoryBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string member, DurationStatistic duration)
    {
        json.WriteStartObject(member);
        json.WriteNumber("count", duration.Count);
        json.WriteNumber("ns", duration.Nanoseconds);
        json.WriteEndObject();
    }
}
