using System.Collections.Immutable;

namespace OrleansInference.Grains.Jobs;

/// <summary>The list of jobs.</summary>
[GenerateSerializer]
[Alias("OrleansInference.JobIndexState")]
internal sealed record JobIndexState
{
    /// <summary>Every job, the latest last.</summary>
    [Id(0)]
    public ImmutableArray<string> Jobs { get; init; } = [];

    /// <summary>Jobs that have not ended and are not paused.</summary>
    [Id(1)]
    public ImmutableHashSet<string> Active { get; init; } = [];
}
