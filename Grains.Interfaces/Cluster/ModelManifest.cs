namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A model's contents: what another node needs to have the same.</summary>
/// <param name="Name">The model.</param>
/// <param name="Revision">SHA-256 over paths, hashes and configuration.</param>
/// <param name="ContentTime">When the newest file was written.</param>
/// <param name="ConfigJson">The configuration that replaces the folder's own, where a load request gave one; else
/// null.</param>
/// <param name="Files">Its files.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelManifest")]
public sealed record ModelManifest(
    [property: Id(0)] string Name,
    [property: Id(1)] string Revision,
    [property: Id(2)] DateTimeOffset ContentTime,
    [property: Id(3)] string? ConfigJson,
    [property: Id(4)] ModelFile[] Files
);
