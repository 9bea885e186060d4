namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// The operators' requests to a cluster, for a restore. The plan, which follows from them, is not part of it.
/// </summary>
/// <param name="Requested">Models that a load request asked for.</param>
/// <param name="Pins">What is fixed, by model.</param>
/// <param name="Drained">Names of the nodes that are to be empty.</param>
/// <param name="Mode">What the agent may do; null for what is configured.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ClusterBackup")]
public sealed record ClusterBackup(
    [property: Id(0)] string[] Requested,
    [property: Id(1)] Dictionary<string, ModelPin> Pins,
    [property: Id(2)] string[] Drained,
    [property: Id(3)] AgentMode? Mode
);
