using System.Globalization;
using System.Text.Json;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary>A bulk job as the server tells it.</summary>
internal sealed record JobLine(string Id, string State, string Model, string Version, string Input, string Output, long Rows, long RowsDone, int Shards, int ShardsDone, int ShardsRecovered, string Error, long Change)
{
    /// <summary>Whether nothing more will come of it by itself.</summary>
    public bool HasEnded => State is "completed" or "failed" or "cancelled";

    /// <summary>How far it is, in a sentence.</summary>
    public string Progress => string.Create(CultureInfo.InvariantCulture, $"{RowsDone} of {Rows} rows, {ShardsDone} of {Shards} shards{(ShardsRecovered > 0 ? $" ({ShardsRecovered} done before)" : "")}");

    /// <summary>Reads one.</summary>
    public static JobLine Read(JsonElement job) => new(
        Text(job, "id"), Text(job, "state"), Text(job, "model"), Text(job, "version"), Text(job, "input"), Text(job, "output"),
        job.GetProperty("rows").GetInt64(), job.GetProperty("rows_done").GetInt64(), job.GetProperty("shards").GetInt32(), job.GetProperty("shards_done").GetInt32(), job.GetProperty("shards_recovered").GetInt32(),
        Text(job, "error"), job.GetProperty("change").GetInt64());

    private static string Text(JsonElement job, string member) => job.TryGetProperty(member, out JsonElement value) ? value.GetString() ?? "" : "";
}
