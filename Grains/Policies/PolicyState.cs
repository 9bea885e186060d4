using System.Collections.Immutable;

namespace OrleansInference.Grains.Policies;

/// <summary>The policies in grain storage.</summary>
[GenerateSerializer]
[Alias("OrleansInference.PolicyState")]
internal sealed record PolicyState
{
    /// <summary>The newest last.</summary>
    [Id(0)]
    public ImmutableArray<StoredPolicy> Kept { get; init; } = [];

    /// <summary>Number of the one in force; 0 for none, below 0 before the first.</summary>
    [Id(1)]
    public long Current { get; init; } = -1;

    /// <summary>Number of the next.</summary>
    [Id(2)]
    public long Next { get; init; } = 1;
}
