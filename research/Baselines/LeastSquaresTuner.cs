using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// BentoML's dispatcher, with a least-squares line through the runs' times. The head waits for company while the batch
/// that would then run still keeps the objective. It waits no longer than the next request is expected to take to come.
/// </summary>
/// <param name="patience">Share of the slack that may be waited, in (0, 1].</param>
public sealed class LeastSquaresTuner(double patience) : IReplicaTuner
{
    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        double rate = view.Seconds > 0 ? view.Rows / view.Seconds : 0;
        if (!view.Cost.IsKnown || rate <= 0)
        {
            return ReplicaKnobs.Unset with { DelayMs = 0 };
        }
        int cap = (int)Math.Clamp(view.Cost.RowsWithin(view.SloSeconds / 2), 1, view.MaxRows);
        double slack = Math.Max(0, view.SloSeconds - (2 * view.Cost.Seconds(cap))) * patience;
        // Waiting for one more costs 1/rate, and saves the fixed part of a run of its own.
        double delay = 1 / rate < view.Cost.BaseSeconds ? Math.Min(slack, view.Cost.BaseSeconds) : 0;
        return ReplicaKnobs.Unset with { MaxRows = cap, DelayMs = delay * 1000 };
    }
}
