using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>Each in turn: the numbers given to <see cref="ILoadBalancer.Pick"/> are evenly spread.</summary>
public sealed class RoundRobin : ILoadBalancer
{
    /// <inheritdoc />
    public string Name => "round_robin";

    /// <inheritdoc />
    public int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random) =>
        (int)(random * candidates.Length);
}
