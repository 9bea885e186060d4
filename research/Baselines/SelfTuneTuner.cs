using OrleansInference.Agent.FastLoop;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// SelfTune's two-point search (Karthikeyan and others, NSDI 2023): tries the point on either side of the present one,
/// and steps along the difference of their rewards. Two scalars: batch cap (as a share of the maximum, on a log scale)
/// and delay (as a share of the objective).
/// </summary>
/// <param name="radius">How far to the sides it looks, in (0, 0.5).</param>
/// <param name="rate">How far it steps, &gt; 0.</param>
/// <param name="seed">Seed of the directions.</param>
public sealed class SelfTuneTuner(double radius, double rate, int seed) : IReplicaTuner
{
    private readonly Random _random = new(seed);
    private readonly double[] _at = [0.6, 0.02];
    private readonly double[] _side = new double[2];
    private double _first;
    private int _phase;
    private int _looks;
    private long _good;
    private long _asked;

    /// <inheritdoc />
    public ReplicaKnobs Tune(in ReplicaView view)
    {
        _good += view.Requests - view.Violations;
        _asked += view.Requests;
        // Four looks a point, so that noise does not drown the difference.
        if (++_looks >= 4 && _asked > 0)
        {
            Step((double)_good / _asked);
        }
        double sign = _phase == 0 ? 1 : -1;
        double cap = Math.Clamp(_at[0] + (sign * _side[0]), 0, 1);
        double delay = Math.Clamp(_at[1] + (sign * _side[1]), 0, 0.3);
        return ReplicaKnobs.Unset with
        {
            MaxRows = (int)Math.Round(Math.Pow(Math.Max(1, view.MaxRows), cap)),
            DelayMs = delay * view.SloSeconds * 1000,
        };
    }

    private void Step(double reward)
    {
        _looks = 0;
        _good = 0;
        _asked = 0;
        if (_phase == 0)
        {
            _first = reward;
            _phase = 1;
            return;
        }

        _phase = 0;
        for (int i = 0; i < _at.Length; i++)
        {
            _at[i] = Math.Clamp(_at[i] + (rate * (_first - reward) * Math.Sign(_side[i])), 0, i == 0 ? 1 : 0.3);
            _side[i] = (_random.Next(2) == 0 ? radius : -radius) * (i == 0 ? 1 : 0.3);
        }
    }
}
