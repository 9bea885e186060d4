namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>Where a model is served.</summary>
/// <param name="Name">The model.</param>
/// <param name="LoadBalance">How requests are divided among the replicas.</param>
/// <param name="TaskPartition">Whether a request of many rows may be split.</param>
/// <param name="Replicas">The replicas that are ready, at least one.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelRoute")]
public sealed record ModelRoute(
    [property: Id(0)] string Name,
    [property: Id(1)] string LoadBalance,
    [property: Id(2)] bool TaskPartition,
    [property: Id(3)] ReplicaRoute[] Replicas
);
