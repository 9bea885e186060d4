using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// The state of a job in grain storage. The parts on disk decide which shards are done; this is a copy.
/// </summary>
[GenerateSerializer]
[Alias("OrleansInference.JobRecord")]
internal sealed record JobRecord
{
    /// <summary>The job as it was asked for; null before its first start.</summary>
    [Id(0)]
    public BulkJobSpec? Spec { get; init; }

    /// <summary>The plan that its shards run.</summary>
    [Id(1)]
    public BulkShardPlan? Plan { get; init; }

    /// <summary>The step that it is at.</summary>
    [Id(2)]
    public BulkJobState State { get; init; }

    /// <summary>Its shards; empty until they are known.</summary>
    [Id(3)]
    public BulkRange[] Shards { get; init; } = [];

    /// <summary>Indexes of shards that are done.</summary>
    [Id(4)]
    public int[] Done { get; init; } = [];

    /// <summary>How many were done when its shards became known.</summary>
    [Id(5)]
    public int Recovered { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(6)]
    public string Error { get; init; } = "";

    /// <summary>When it was started.</summary>
    [Id(7)]
    public DateTimeOffset Started { get; init; }

    /// <summary>When it ended.</summary>
    [Id(8)]
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Whether it has work to do.</summary>
    public bool IsActive => State is BulkJobState.Preparing or BulkJobState.Running or BulkJobState.Merging;

    /// <summary>Whether it may go on, now or after a pause.</summary>
    public bool IsUnderWay => IsActive || State == BulkJobState.Paused;
}
