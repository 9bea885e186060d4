namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What an operator fixed for a model; what is left out stays the director's to decide.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelPin")]
public sealed record ModelPin
{
    /// <summary>Names of the only nodes that may have it; empty for any.</summary>
    [Id(0)]
    public string[] Nodes { get; init; } = [];

    /// <summary>
    /// Shares of the requests by node name, each &gt; 0; where given, <c>load_balance</c> is <c>weighted</c>.
    /// </summary>
    [Id(1)]
    public Dictionary<string, double> Weights { get; init; } = [];

    /// <summary>Most replicas; 0 for as many as fit.</summary>
    [Id(2)]
    public int MaxReplicas { get; init; }

    /// <summary>How requests are divided; null for the director's choice.</summary>
    [Id(3)]
    public string? LoadBalance { get; init; }

    /// <summary>Whether large requests are split; null for the director's choice.</summary>
    [Id(4)]
    public bool? TaskPartition { get; init; }

    /// <summary>What the agent may do with it; null for what it may do with all.</summary>
    [Id(5)]
    public AgentMode? Mode { get; init; }
}
