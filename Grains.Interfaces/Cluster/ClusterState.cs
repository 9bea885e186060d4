namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The cluster as the director sees it.</summary>
/// <param name="Plan">What should be.</param>
/// <param name="Routing">Where requests can go.</param>
/// <param name="Nodes">What is, by name.</param>
/// <param name="Pins">What operators fixed, by model.</param>
/// <param name="DirectorNode">Name of the node that the director lives on.</param>
/// <param name="ObservedAt">When the nodes were last asked.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.ClusterState")]
public sealed record ClusterState(
    [property: Id(0)] ClusterPlan Plan,
    [property: Id(1)] RoutingTable Routing,
    [property: Id(2)] NodeReport[] Nodes,
    [property: Id(3)] Dictionary<string, ModelPin> Pins,
    [property: Id(4)] string DirectorNode,
    [property: Id(5)] DateTimeOffset ObservedAt
);
