namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>Where a bulk job stands.</summary>
[GenerateSerializer]
[Alias("OrleansInference.BulkJobState")]
public enum BulkJobState : byte
{
    /// <summary>Never started.</summary>
    None = 0,

    /// <summary>Its input is being counted and cut into shards.</summary>
    Preparing = 1,

    /// <summary>Its shards run.</summary>
    Running = 2,

    /// <summary>No shard runs until it is resumed.</summary>
    Paused = 3,

    /// <summary>The parts are being joined to the output.</summary>
    Merging = 4,

    /// <summary>The output is complete.</summary>
    Completed = 5,

    /// <summary>It cannot go on; its error says why. What it has done is kept for another start.</summary>
    Failed = 6,

    /// <summary>It was cancelled, and what it had done removed.</summary>
    Cancelled = 7,
}
