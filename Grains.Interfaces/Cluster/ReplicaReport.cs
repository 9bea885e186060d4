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

    /// <summary>
    /// What it costs and how it runs; its <see cref="ReplicaRoute.Node"/> and <see cref="ReplicaRoute.Weight"/> mean
    /// nothing here.
    /// </summary>
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

    /// <summary>Requests answered since it was loaded.</summary>
    [Id(6)]
    public long Requests { get; init; }

    /// <summary>
    /// Requests answered later than the model's latency objective, refused or failed, since it was loaded.
    /// </summary>
    [Id(7)]
    public long Violations { get; init; }

    /// <summary>Runs made since it was loaded.</summary>
    [Id(8)]
    public long Runs { get; init; }

    /// <summary>Seconds that those runs took, in all.</summary>
    [Id(9)]
    public double RunSeconds { get; init; }

    /// <summary>Bytes of tensors of requests and answers since it was loaded.</summary>
    [Id(10)]
    public long Bytes { get; init; }

    /// <summary>The model's latency objective at the 99th percentile, milliseconds.</summary>
    [Id(11)]
    public double SloMs { get; init; }

    /// <summary>How it runs now, every setting filled in.</summary>
    [Id(12)]
    public ReplicaKnobs Knobs { get; init; }

    /// <summary>What a search over its settings found; null before the first.</summary>
    [Id(13)]
    public KnobProfile? Profile { get; init; }

    /// <summary>Most rows of a run that the model takes, ≥ 1.</summary>
    [Id(14)]
    public int MaxRows { get; init; } = 1;

    /// <summary>Names of the variants that may serve in the original's place.</summary>
    [Id(15)]
    public string[] Variants { get; init; } = [];
}
