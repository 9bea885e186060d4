using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Policy;

/// <summary>What a replica's looks say over time, as the policy's token. Not thread-safe.</summary>
public sealed class PolicyTrend
{
    private double _violations;
    private double _rate;
    private double _variability;
    private bool _any;
    private BatchCost _atFirst;

    /// <summary>Takes in a look and writes the token.</summary>
    /// <param name="view">The look.</param>
    /// <param name="chosen">What is done by default.</param>
    /// <param name="token">Receives <see cref="PolicySchema.Width"/> values, each about −3 to 3.</param>
    public void Write(in ReplicaView view, ReplicaKnobs chosen, Span<float> token)
    {
        double now = view.Requests > 0 ? (double)view.Violations / view.Requests : 0;
        double seconds = Math.Max(1e-3, view.Seconds);
        double rate = view.Requests / seconds;
        if (!_any)
        {
            _rate = rate;
            _any = true;
            _atFirst = view.Cost;
        }
        // Runs against what they took when the replica was new: what runs beside them costs.
        double asNew = _atFirst.Seconds(view.Runs, view.Rows);
        double burst = Math.Log((rate + 1) / (_rate + 1));
        double deviation = (rate - _rate) / (_rate + 1);
        _violations += 0.1 * (now - _violations);
        _variability += 0.1 * ((deviation * deviation) - _variability);
        _rate += 0.1 * (rate - _rate);
        double run = Math.Max(1e-6, view.Cost.Seconds(1));
        double slo = Math.Max(1e-6, view.SloSeconds);
        double perRequest = view.Requests > 0 ? Math.Max(1, (double)view.Rows / view.Requests) : 1;
        double cores = Math.Max(1, view.Cores);
        token.Clear();
        ReadOnlySpan<double> values =
        [
            1,
            Math.Log(slo / run) / 3,
            view.Cost.BaseSeconds / run,
            Math.Log(Math.Max(1, view.MaxRows)) / 4,
            Math.Log(PolicyAction.Cap(chosen, view)) / 4,
            view.Runs > 0 ? Math.Log(Math.Max(1, (double)view.Rows / view.Runs)) / 4 : 0,
            view.RunSeconds / seconds / cores,
            view.OtherRunSeconds / seconds / cores,
            Math.Max(0, view.Current.DelayMs) / 1000 / slo * 10,
            now * 3,
            _violations * 5,
            view.OtherRequests > 0 ? 3.0 * view.OtherViolations / view.OtherRequests : 0,
            Math.Log(1 + view.Queued) / 3,
            view.Queued * perRequest * view.Cost.SecondsPerRow / slo / cores,
            burst,
            _variability,
            chosen.MaxRows > 0 ? 0 : 1,
            Math.Clamp(view.Current.Instances > 0 ? view.Current.Instances : cores, 1, cores) / cores,
            asNew > 0 ? Math.Log(Math.Max(0.1, view.RunSeconds / asNew)) : 0,
        ];
        for (int i = 0; i < values.Length; i++)
        {
            token[i] = (float)Math.Clamp(values[i], -3, 3);
        }
    }
}
