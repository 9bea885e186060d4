using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>The replica with the fewest requests of this router under way, however long they take.</summary>
public sealed class LeastOutstanding : ILoadBalancer
{
    /// <inheritdoc />
    public string Name => "least_outstanding";

    /// <inheritdoc />
    public int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random)
    {
        // Begins anywhere: the first of equal ones would get every request.
        int start = (int)(random * candidates.Length);
        int best = start;
        for (int i = 1; i < candidates.Length; i++)
        {
            int at = (start + i) % candidates.Length;
            if (candidates[at].Load.OutstandingRequests < candidates[best].Load.OutstandingRequests)
            {
                best = at;
            }
        }

        return best;
    }
}
