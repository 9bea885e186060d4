using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Policies;

/// <summary>A policy as it is stored.</summary>
/// <param name="Version">What is known of it; <see cref="PolicyVersion.IsCurrent"/> means nothing here.</param>
/// <param name="File">The ONNX file.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.StoredPolicy")]
internal sealed record StoredPolicy([property: Id(0)] PolicyVersion Version, [property: Id(1)] byte[] File);
