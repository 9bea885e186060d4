namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One replica: a model's life on a node.</summary>
/// <param name="Index">Its number within the model, which is part of its grain's key; kept when it moves.</param>
/// <param name="Node">Where it lives.</param>
/// <param name="Weight">Its share of the requests under <c>weighted</c>, relative to the others', &gt; 0.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ReplicaPlan")]
public sealed record ReplicaPlan(
    [property: Id(0)] int Index,
    [property: Id(1)] SiloAddress Node,
    [property: Id(2)] double Weight
)
{
    /// <summary>How it runs.</summary>
    [Id(3)]
    public ReplicaKnobs Knobs { get; init; } = ReplicaKnobs.Unset;
}
