namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>How far a bulk job has come.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkJobStatus")]
public sealed record BulkJobStatus
{
    /// <summary>The job's id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    [Id(1)]
    public required BulkJobSpec Spec { get; init; }

    /// <summary>Where it stands.</summary>
    [Id(2)]
    public BulkJobState State { get; init; }

    /// <summary>Rows of the input; 0 until they are counted.</summary>
    [Id(3)]
    public long Rows { get; init; }

    /// <summary>Rows that have been inferred, those of unfinished shards among them.</summary>
    [Id(4)]
    public long RowsDone { get; init; }

    /// <summary>Shards in all; 0 until the rows are counted.</summary>
    [Id(5)]
    public int Shards { get; init; }

    /// <summary>Shards whose rows are safely written.</summary>
    [Id(6)]
    public int ShardsDone { get; init; }

    /// <summary>Shards under way.</summary>
    [Id(7)]
    public int ShardsRunning { get; init; }

    /// <summary>Shards that were found done from before a crash or a restart.</summary>
    [Id(8)]
    public int ShardsRecovered { get; init; }

    /// <summary>The model version that it uses; empty until it is known.</summary>
    [Id(9)]
    public string ModelVersion { get; init; } = "";

    /// <summary>Why it failed; empty otherwise.</summary>
    [Id(10)]
    public string Error { get; init; } = "";

    /// <summary>When it was started.</summary>
    [Id(11)]
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    [Id(12)]
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Another number after every change, to wait for the next one.</summary>
    [Id(13)]
    public long Change { get; init; }
}
