namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>One model in a plan.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ModelPlan")]
public sealed record ModelPlan
{
    /// <summary>The model.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>SHA-256 of its files and configuration; nodes that have other contents fetch these.</summary>
    [Id(1)]
    public string Revision { get; init; } = "";

    /// <summary>
    /// How requests are divided among its replicas (θ_A <c>load_balance</c>): a name of <c>LoadBalancers</c>.
    /// </summary>
    [Id(2)]
    public string LoadBalance { get; init; } = "least_expected_work";

    /// <summary>Whether a request of many rows may be split over replicas (θ_A <c>task_partition</c>).</summary>
    [Id(3)]
    public bool TaskPartition { get; init; } = true;

    /// <summary>Its replicas, by index.</summary>
    [Id(4)]
    public ReplicaPlan[] Replicas { get; init; } = [];

    /// <summary>Why it has fewer replicas than nodes, a sentence each; empty where nothing was refused.</summary>
    [Id(5)]
    public string[] Refusals { get; init; } = [];

    /// <summary>Nodes that have these contents and from which others fetch them.</summary>
    [Id(6)]
    public SiloAddress[] Sources { get; init; } = [];
}
