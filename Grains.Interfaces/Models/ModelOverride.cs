namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>What a load request gives in place of the repository's own files.</summary>
/// <param name="ConfigJson">The model's configuration as JSON with Triton's field names; null for the repository's
/// own.</param>
/// <param name="Files">
/// Files by their path below the model's folder, such as <c>1/model.onnx</c>. Where there are any, nothing but the
/// configuration is read from the repository, and a <paramref name="ConfigJson"/> must be given.
/// </param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelOverride")]
public sealed record ModelOverride(
    [property: Id(0)] string? ConfigJson,
    [property: Id(1)] Dictionary<string, ReadOnlyMemory<byte>> Files
);
