namespace OrleansInference.Grains.Interfaces.Jobs;

/// <summary>What every shard of a job needs to know.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BulkShardPlan")]
public sealed record BulkShardPlan
{
    /// <summary>The job, its version and formats filled in.</summary>
    [Id(0)]
    public required BulkJobSpec Spec { get; init; }

    /// <summary>
    /// Where parts go: a folder that belongs to this spec, input and model version, so that parts of another never mix
    /// in.
    /// </summary>
    [Id(1)]
    public required string Parts { get; init; }

    /// <summary>What feeds the model.</summary>
    [Id(2)]
    public required BulkInput[] Inputs { get; init; }

    /// <summary>Whether the model has a batch dimension; without one each row is a request.</summary>
    [Id(3)]
    public bool IsBatched { get; init; }
}
