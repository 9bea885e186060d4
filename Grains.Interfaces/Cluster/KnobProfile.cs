namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// What a search over batch × threads × instances found for a model on one node; kept with the replica.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.KnobProfile")]
public sealed record KnobProfile
{
    /// <summary>The latency objective that goodput was counted by, milliseconds.</summary>
    [Id(0)]
    public double SloMs { get; init; }

    /// <summary>Settings that the search chose among.</summary>
    [Id(1)]
    public int GridSize { get; init; }

    /// <summary>Those that it tried, in order.</summary>
    [Id(2)]
    public KnobPoint[] Tried { get; init; } = [];

    /// <summary>The best of them.</summary>
    [Id(3)]
    public ReplicaKnobs Chosen { get; init; }

    /// <summary>Why, in a sentence for operators.</summary>
    [Id(4)]
    public string Reason { get; init; } = "";
}
