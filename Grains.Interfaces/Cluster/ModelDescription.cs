using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What a node that does not serve a model needs to answer for it.</summary>
/// <param name="Metadata">What it takes and gives.</param>
/// <param name="ConfigJson">Its completed configuration.</param>
/// <param name="Labels">Labels by output; only outputs that have some.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelDescription")]
public sealed record ModelDescription(
    [property: Id(0)] ModelMetadata Metadata,
    [property: Id(1)] string ConfigJson,
    [property: Id(2)] Dictionary<string, string[]> Labels
);
