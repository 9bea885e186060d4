namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>What is remembered of one answered request: enough to say why it waited.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.RequestRecord")]
public sealed record RequestRecord
{
    /// <summary>The caller's id; may be empty.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The model.</summary>
    [Id(1)]
    public required string ModelName { get; init; }

    /// <summary>The version that answered; empty when none did.</summary>
    [Id(2)]
    public required string ModelVersion { get; init; }

    /// <summary>When it arrived.</summary>
    [Id(3)]
    public DateTimeOffset Arrival { get; init; }

    /// <summary>How it ended.</summary>
    [Id(4)]
    public InferenceError Outcome { get; init; }

    /// <summary>Its own rows.</summary>
    [Id(5)]
    public int Rows { get; init; }

    /// <summary>Where the time went.</summary>
    [Id(6)]
    public InferenceTimings Timings { get; init; }

    /// <summary>Rows that stood in the queue before it when it arrived.</summary>
    [Id(7)]
    public long RowsAhead { get; init; }

    /// <summary>Batches that ran when it arrived.</summary>
    [Id(8)]
    public int RunsUnderWay { get; init; }

    /// <summary>Batches that may run at once.</summary>
    [Id(9)]
    public int Concurrency { get; init; }

    /// <summary>Why it waited, in a sentence.</summary>
    [Id(10)]
    public string Reason { get; init; } = "";
}
