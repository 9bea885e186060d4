namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>Where a shard stands.</summary>
[GenerateSerializer]
[Alias("OrleansInference.BulkShardState")]
public enum BulkShardState : byte
{
    /// <summary>Nothing runs here: it was not started, or its silo was lost.</summary>
    Idle = 0,

    /// <summary>Its rows are being inferred.</summary>
    Running = 1,

    /// <summary>Its part is written.</summary>
    Done = 2,

    /// <summary>It failed, but another try may succeed.</summary>
    Failed = 3,

    /// <summary>It failed because of its rows or the model; another try would too.</summary>
    Refused = 4,
}
