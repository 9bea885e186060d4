namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The policy in force, for a node.</summary>
/// <param name="Number">Its number; 0 for none: the planner decides alone.</param>
/// <param name="File">The ONNX file; empty for none.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.PolicyFile")]
public sealed record PolicyFile(long Number, byte[] File);
