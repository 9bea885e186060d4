namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A node as a destination.</summary>
/// <param name="Name">The silo's name.</param>
/// <param name="Address">Its address for other silos.</param>
/// <param name="Gateway">Its address for clients, <c>IP:PORT</c>; empty where it has none.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.NodeRoute")]
public sealed record NodeRoute(
    [property: Id(0)] string Name,
    [property: Id(1)] SiloAddress Address,
    [property: Id(2)] string Gateway
);
