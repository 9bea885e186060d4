namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One file of a model.</summary>
/// <param name="Path">Below the model's folder, with <c>/</c>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Of its contents, in hexadecimal.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelFile")]
public sealed record ModelFile(
    [property: Id(0)] string Path,
    [property: Id(1)] long Length,
    [property: Id(2)] string Sha256
);
