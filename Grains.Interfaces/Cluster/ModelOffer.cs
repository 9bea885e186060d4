namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A model that a node offers to the cluster from its own repository or from what it was sent.</summary>
/// <param name="Name">The model.</param>
/// <param name="Revision">SHA-256 of its files and configuration.</param>
/// <param name="ContentTime">When the newest of its files was written; of two revisions the newer one is
/// served.</param>
/// <param name="MemoryBytes">Bytes that it will be counted with.</param>
/// <param name="IsWanted">Whether it is to be served without being asked for; else it is only here to be
/// fetched.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelOffer")]
public sealed record ModelOffer(
    [property: Id(0)] string Name,
    [property: Id(1)] string Revision,
    [property: Id(2)] DateTimeOffset ContentTime,
    [property: Id(3)] long MemoryBytes,
    [property: Id(4)] bool IsWanted
);
