using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Diagnostics;

/// <summary>
/// <c>GET /v2/requests?model=&amp;id=&amp;limit=</c>: the slowest of the last requests, and the reasons for their
/// waits.
/// </summary>
internal sealed class RequestLogEndpoint(IRequestLog log, JsonAnswer answer)
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 1000;

    /// <summary>Answers one query.</summary>
    public Task FindAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "requests",
            () =>
            {
                IQueryCollection query = context.Request.Query;
                string limitText = query["limit"].ToString();
                int limit = DefaultLimit;
                if (
                    limitText.Length > 0
                    && (
                        !int.TryParse(limitText, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                        || limit is < 1 or > MaxLimit
                    )
                )
                {
                    throw RequestJson.Invalid($"limit is '{limitText}'; a number from 1 to {MaxLimit} is allowed");
                }

                IReadOnlyList<RequestRecord> found = log.Find(query["model"].ToString(), query["id"].ToString(), limit);
                return JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteStartArray("requests");
                        foreach (RequestRecord record in found)
                        {
                            Write(json, record);
                        }
                        json.WriteEndArray();
                    }
                );
            }
        );

    private static void Write(Utf8JsonWriter json, RequestRecord record)
    {
        json.WriteStartObject();
        json.WriteString("id", record.Id);
        json.WriteString("model_name", record.ModelName);
        json.WriteString("model_version", record.ModelVersion);
        json.WriteString("arrival", record.Arrival.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString(
            "outcome",
            record.Outcome == InferenceError.None
                ? "success"
                : JsonNamingPolicy.SnakeCaseLower.ConvertName(record.Outcome.ToString())
        );
        json.WriteNumber("rows", record.Rows);
        json.WriteNumber("load_us", record.Timings.Load.TotalMicroseconds);
        json.WriteNumber("queue_us", record.Timings.Queue.TotalMicroseconds);
        json.WriteNumber("compute_input_us", record.Timings.ComputeInput.TotalMicroseconds);
        json.WriteNumber("compute_infer_us", record.Timings.ComputeInfer.TotalMicroseconds);
        json.WriteNumber("compute_output_us", record.Timings.ComputeOutput.TotalMicroseconds);
        json.WriteNumber("total_us", record.Timings.Total.TotalMicroseconds);
        json.WriteNumber("batch_size", record.Timings.BatchRows);
        json.WriteNumber("rows_ahead", record.RowsAhead);
        json.WriteNumber("runs_under_way", record.RunsUnderWay);
        json.WriteNumber("concurrency", record.Concurrency);
        json.WriteString("reason", record.Reason);
        json.WriteEndObject();
    }
}
