using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// The cost in a <see cref="ReplicaRoute"/>, whose two numbers are what goes over the wire: the one place that turns
/// them into a <see cref="BatchCost"/> and back.
/// </summary>
public static class RouteCost
{
    /// <summary>What the replica was measured to take.</summary>
    public static BatchCost Cost(this in ReplicaRoute route) => new(route.BaseSeconds, route.SecondsPerRow);

    /// <summary>The route with another cost.</summary>
    public static ReplicaRoute WithCost(this ReplicaRoute route, BatchCost cost) =>
        route with
        {
            BaseSeconds = cost.BaseSeconds,
            SecondsPerRow = cost.SecondsPerRow,
        };
}
