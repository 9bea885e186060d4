namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A model version that a node serves.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ReplicaReport")]
public sealed record ReplicaReport
{
    /// <summary>The model.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>The version.</summary>
    [Id(1)]
    public required string Version { get; init; }

    /// <summary>What it costs and how it runs; its <see cref="ReplicaRoute.Node"/> and <see cref="ReplicaRoute.Weight"/> mean nothing here.</summary>
    [Id(2)]
    public ReplicaRoute Route { get; init; }

    /// <summary>Requests waiting.</summary>
    [Id(3)]
    public long Queued { get; init; }

    /// <summary>Rows answered since it was loaded.</summary>
    [Id(4)]
    public long Rows { get; init; }

    /// <summary>Bytes reserved for it.</summary>
    [Id(5)]
    public long MemoryBytes { get; init; }
}
