using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// Clipper's adaptive batching (Crankshaw and others, NSDI 2017): the cap grows by a step while latency stays within
/// the objective, and shrinks by a tenth when it does not.
/// </summary>
/// <param name="step">Rows added each time, ≥ 1.</param>
/// <param name="backoff">Factor after a miss, in (0, 1); 0.9 in the paper.</param>
public sealed class AimdTuner(int step, double backoff) : IReplicaTuner
{
    private double _rows = 1;

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        if (view.Runs > 0)
        {
            bool late = view.Violations > 0.01 * view.Requests || view.RunSeconds / view.Runs > view.SloSeconds;
            _rows = Math.Clamp(late ? _rows * backoff : _rows + step, 1, view.MaxRows);
        }

        return ReplicaKnobs.Unset with
        {
            MaxRows = (int)_rows,
        };
    }
}
