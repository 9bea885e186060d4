using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// Batches sized for deadlines: the largest whose run takes a share of the objective (Nexus, SOSP 2019, with one half:
/// a request waits for a batch and runs in the next; Clockwork, OSDI 2020, with what predictions allow, one run at a
/// time).
/// </summary>
/// <param name="share">Share of the objective that a run may take, in (0, 1].</param>
/// <param name="instances">Runs side by side; 0 for as many as there are cores.</param>
public sealed class DeadlineTuner(double share, int instances = 0) : IReplicaTuner
{
    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        int rows = view.Cost.IsKnown
            ? (int)Math.Clamp(view.Cost.RowsWithin(view.SloSeconds * share), 1, view.MaxRows)
            : 0;
        return new ReplicaKnobs
        {
            MaxRows = rows,
            Instances = instances,
            DelayMs = 0,
        };
    }
}
