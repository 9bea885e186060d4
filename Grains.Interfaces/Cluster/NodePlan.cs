namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A node in a plan.</summary>
/// <param name="Name">The silo's name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Draining">Whether it is being emptied: it gets no replicas and no new requests.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.NodePlan")]
public sealed record NodePlan(
    [property: Id(0)] string Name,
    [property: Id(1)] SiloAddress Address,
    [property: Id(2)] bool Draining
);
