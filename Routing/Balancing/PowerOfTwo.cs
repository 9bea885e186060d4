using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>Of two taken at random the one with fewer requests under way (Mitzenmacher 2001).</summary>
public sealed class PowerOfTwo : ILoadBalancer
{
    /// <inheritdoc />
    public string Name => "power_of_two";

    /// <inheritdoc />
    public int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random)
    {
        // One number in [0, 1) names one of the ordered pairs.
        int count = candidates.Length;
        int pair = (int)(random * count * (count - 1));
        int first = pair / (count - 1);
        int second = pair % (count - 1);
        if (second >= first)
        {
            second++;
        }
        return candidates[second].Load.OutstandingRequests < candidates[first].Load.OutstandingRequests
            ? second
            : first;
    }
}
