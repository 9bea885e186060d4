using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Balancing;

/// <summary>
/// The replica that is expected to answer first: outstanding rows × measured seconds a row, its own run, and the hop.
/// Equal ones take turns.
/// </summary>
public sealed class LeastExpectedWork : ILoadBalancer
{
    /// <inheritdoc />
    public string Name => "least_expected_work";

    /// <inheritdoc />
    public int Pick(ReadOnlySpan<ReplicaTarget> candidates, in RouteRequest request, TimeSpan now, double random)
    {
        // Begins anywhere: the first of equal ones would get every request.
        int start = (int)(random * candidates.Length);
        int best = start;
        double least = double.PositiveInfinity;
        for (int i = 0; i < candidates.Length; i++)
        {
            int at = start + i < candidates.Length ? start + i : start + i - candidates.Length;
            double seconds = candidates[at].Estimate(request, now).Seconds;
            if (seconds >= least)
            {
                continue;
            }
            best = at;
            least = seconds;
        }

        return best;
    }
}
