namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>How far a shard is.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Rows">Rows inferred.</param>
/// <param name="Error">Why it failed; empty otherwise.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkShardProgress")]
public sealed record BulkShardProgress(
    [property: Id(0)] BulkShardState State,
    [property: Id(1)] long Rows,
    [property: Id(2)] string Error
);
