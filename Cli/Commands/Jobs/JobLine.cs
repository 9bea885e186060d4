using System.Globalization;
using System.Text.Json;

namespace OrleansInference.Cli.Commands.Jobs;

/// <summary>A bulk job as the server tells it.</summary>
internal sealed record JobLine
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Where it stands: <c>running</c>, <c>paused</c>, <c>completed</c>, <c>failed</c> or <c>cancelled</c>.
    /// </summary>
    public required string State { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The version, or empty.</summary>
    public required string Version { get; init; }

    /// <summary>Path of the input.</summary>
    public required string Input { get; init; }

    /// <summary>Path of the output.</summary>
    public required string Output { get; init; }

    /// <summary>Rows of the input.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows whose output is written.</summary>
    public required long RowsDone { get; init; }

    /// <summary>Shards of the input.</summary>
    public required int Shards { get; init; }

    /// <summary>Shards whose output is written.</summary>
    public required int ShardsDone { get; init; }

    /// <summary>Shards that were done before a node was lost.</summary>
    public required int ShardsRecovered { get; init; }

    /// <summary>Why it failed, or empty.</summary>
    public required string Error { get; init; }

    /// <summary>Grows with each change of the job.</summary>
    public required long Change { get; init; }

    /// <summary>Whether the job makes no more progress by itself.</summary>
    public bool HasEnded => State is "completed" or "failed" or "cancelled";

    /// <summary>The job's progress in a sentence.</summary>
    public string Progress =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{RowsDone} of {Rows} rows, {ShardsDone} of {Shards} shards{(ShardsRecovered > 0 ? $" ({ShardsRecovered} done before)" : "")}"
        );

    /// <summary>Reads one.</summary>
    public static JobLine Read(JsonElement job) =>
        new()
        {
            Id = Text(job, "id"),
            State = Text(job, "state"),
            Model = Text(job, "model"),
            Version = Text(job, "version"),
            Input = Text(job, "input"),
            Output = Text(job, "output"),
            Rows = job.GetProperty("rows").GetInt64(),
            RowsDone = job.GetProperty("rows_done").GetInt64(),
            Shards = job.GetProperty("shards").GetInt32(),
            ShardsDone = job.GetProperty("shards_done").GetInt32(),
            ShardsRecovered = job.GetProperty("shards_recovered").GetInt32(),
            Error = Text(job, "error"),
            Change = job.GetProperty("change").GetInt64(),
        };

    private static string Text(JsonElement job, string member) =>
        job.TryGetProperty(member, out JsonElement value) ? value.GetString() ?? "" : "";
}
