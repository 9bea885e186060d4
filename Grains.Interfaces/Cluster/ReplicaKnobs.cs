namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// How a replica runs: the parallelism (θ_P) and variant (θ_M) that the agent sets; 0 leaves a setting to the node.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ReplicaKnobs")]
public readonly record struct ReplicaKnobs
{
    /// <summary>
    /// Intra-op threads of its session, ≥ 1; 0 for the node's choice. Another number needs a new session.
    /// </summary>
    [Id(0)]
    public int Threads { get; init; }

    /// <summary>Runs at once, ≥ 1; 0 for the node's choice.</summary>
    [Id(1)]
    public int Instances { get; init; }

    /// <summary>
    /// Most rows of a run, ≥ 1 and at most the model's maximum; 0 for the batch policy's choice by measured cost.
    /// </summary>
    [Id(2)]
    public int MaxRows { get; init; }

    /// <summary>
    /// How long the head of the queue may wait for company, milliseconds ≥ 0; below 0 for the configured delay.
    /// </summary>
    [Id(3)]
    public double DelayMs { get; init; }

    /// <summary>
    /// The model's variant (θ_M), <c>original</c> or one that <c>variants.json</c> names; null for the node's choice.
    /// Another one needs a new session.
    /// </summary>
    [Id(4)]
    public string? Variant { get; init; }

    /// <summary>Everything left to the node.</summary>
    public static ReplicaKnobs Unset { get; } = new() { DelayMs = -1 };
}
