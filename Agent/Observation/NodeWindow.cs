using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>One node within a <see cref="ClusterWindow"/>.</summary>
/// <param name="Report">What it reported at the window's end.</param>
/// <param name="BytesForwarded">Bytes of tensors that it exchanged with other nodes within the window, ≥ 0.</param>
/// <param name="Replicas">The versions that it serves, in the report's order.</param>
public sealed record NodeWindow(NodeReport Report, long BytesForwarded, IReadOnlyList<ReplicaWindow> Replicas);
