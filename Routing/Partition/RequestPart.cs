using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Partition;

/// <summary>One part of a request that is split.</summary>
/// <param name="Target">Where it goes.</param>
/// <param name="Start">Its first row.</param>
/// <param name="Rows">Its rows, ≥ 1.</param>
public readonly record struct RequestPart(ReplicaTarget Target, int Start, int Rows);
