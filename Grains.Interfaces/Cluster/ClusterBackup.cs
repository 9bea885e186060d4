namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// What operators asked of a cluster, to be asked of it again; not what follows from it, such as the plan.
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
