namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>A ready replica of one model version, and what it was measured to cost.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ReplicaRoute")]
public readonly record struct ReplicaRoute
{
    /// <summary>Index into <see cref="RoutingTable.Nodes"/>.</summary>
    [Id(0)]
    public int Node { get; init; }

    /// <summary>The version.</summary>
    [Id(1)]
    public string Version { get; init; }

    /// <summary>Seconds that a run costs whatever its size, ≥ 0.</summary>
    [Id(2)]
    public double BaseSeconds { get; init; }

    /// <summary>Seconds that each row adds, ≥ 0.</summary>
    [Id(3)]
    public double SecondsPerRow { get; init; }

    /// <summary>Runs at once, ≥ 1.</summary>
    [Id(4)]
    public int Concurrency { get; init; }

    /// <summary>Rows of the largest run worth making, ≥ 1.</summary>
    [Id(5)]
    public int RowsPerBatch { get; init; }

    /// <summary>Whether the first dimension counts independent rows, so that a request may be split.</summary>
    [Id(6)]
    public bool IsBatched { get; init; }

    /// <summary>Its share under <c>weighted</c>.</summary>
    [Id(7)]
    public double Weight { get; init; }

    /// <summary>Most requests that may wait.</summary>
    [Id(8)]
    public int MaxQueuedRequests { get; init; }

    /// <summary>Whether it serves sequences, whose requests go to the sequence's grain.</summary>
    [Id(9)]
    public bool HasSequences { get; init; }
}
