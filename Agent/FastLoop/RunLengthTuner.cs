using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.FastLoop;

/// <summary>
/// The agent of a node, for one replica: batches no longer than a share of the objective, so that a request that comes
/// while one runs is still in time; longer ones while more comes than short ones can serve, where longer ones serve
/// more. What the plan sets, it leaves alone. Works from the last plan while the director is away.
/// </summary>
public sealed class RunLengthTuner : IReplicaTuner
{
    /// <summary>A request that just missed a batch waits for it and then runs in the next: both must fit.</summary>
    private const double Share = 0.4;

    private const double OverloadedShare = 0.65;
    private const double Worthwhile = 0.1;

    private double _pressure;

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        if (view.Planned.MaxRows > 0 || !view.Cost.IsKnown)
        {
            return view.Planned;
        }
        double missed = view.Requests > 0 ? (double)view.Violations / view.Requests : 0;
        _pressure += 0.3 * (Math.Min(1, missed * 5) - _pressure);
        double share = Share + ((OverloadedShare - Share) * _pressure);
        int fits = Rows(view, view.SloSeconds * share);
        int shorter = Rows(view, view.SloSeconds * Share);
        // More rows a run only pay where the fixed part of a run still counts.
        if (fits > shorter && view.Cost.SecondsEach(fits) > view.Cost.SecondsEach(shorter) * (1 - Worthwhile))
        {
            fits = shorter;
        }
        return view.Planned with { MaxRows = fits < BatchPolicy.Worthwhile(view.Cost) ? fits : 0 };
    }

    private static int Rows(in ReplicaView view, double seconds) =>
        (int)Math.Clamp(view.Cost.RowsWithin(seconds), 1, view.MaxRows);
}
