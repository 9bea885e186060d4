using System.Globalization;
using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Gateway.Jobs;

/// <summary>A bulk job as JSON.</summary>
internal static class JobAnswer
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, BulkJobStatus job)
    {
        json.WriteStartObject();
        json.WriteString("id", job.Id);
        json.WriteString("state", JsonNamingPolicy.SnakeCaseLower.ConvertName(job.State.ToString()));
        json.WriteString("model", job.Spec.Model);
        json.WriteString("version", job.ModelVersion);
        json.WriteString("input", job.Spec.Input);
        json.WriteString("output", job.Spec.Output);
        json.WriteNumber("rows", job.Rows);
        json.WriteNumber("rows_done", job.RowsDone);
        json.WriteNumber("shards", job.Shards);
        json.WriteNumber("shards_done", job.ShardsDone);
        json.WriteNumber("shards_running", job.ShardsRunning);
        json.WriteNumber("shards_recovered", job.ShardsRecovered);
        json.WriteString("started", job.Started.ToString("O", CultureInfo.InvariantCulture));
        if (job.Ended is { } ended)
        {
            json.WriteString("ended", ended.ToString("O", CultureInfo.InvariantCulture));
        }
        if (job.Error.Length > 0)
        {
            json.WriteString("error", job.Error);
        }
        json.WriteNumber("change", job.Change);
        json.WriteEndObject();
    }
}
