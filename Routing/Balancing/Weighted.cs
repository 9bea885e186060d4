using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>In proportion to the plan's weights, whatever the load.</summary>
public sealed class Weighted : ILoadBalancer
{
    /// <inheritdoc />
    public string Name => "weighted";

    /// <inheritdoc />
    public int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random)
    {
        double total = 0;
        foreach (ReplicaTarget candidate in candidates)
        {
            total += candidate.Route.Weight;
        }
        double at = random * total;
        for (int i = 0; i < candidates.Length - 1; i++)
        {
            at -= candidates[i].Route.Weight;
            if (at < 0)
            {
                return i;
            }
        }

        return candidates.Length - 1;
    }
}
