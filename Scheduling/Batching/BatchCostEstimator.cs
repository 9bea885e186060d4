namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// Learns <see cref="BatchCost"/> from runs: an exponentially weighted mean per power-of-two size, and a least-squares
/// line through those means, so that a size seen often does not drown one seen seldom. A size that was not seen for a
/// while moves with the one that is: it was measured on a node that may have been faster. Not thread-safe.
/// </summary>
public sealed class BatchCostEstimator
{
    private const int Buckets = 24;
    private const double Gain = 0.1;

    /// <summary>Runs after which a size's own measurement is old.</summary>
    private const long Old = 30;

    /// <summary>
    /// Factor from which a node counts as changed: less may be the curve that a line does not follow.
    /// </summary>
    private const double Changed = 1.5;

    private readonly double[] _rows = new double[Buckets];
    private readonly double[] _seconds = new double[Buckets];
    private readonly long[] _seenAt = new long[Buckets];
    private readonly BatchCost[] _lines = new BatchCost[Buckets];
    private long _runs;
    private int _latest;

    /// <summary>The line through what has been measured.</summary>
    public BatchCost Current { get; private set; }

    /// <summary>Adds one run of <paramref name="rows"/> ≥ 1 rows that took <paramref name="seconds"/>.</summary>
    public void Observe(int rows, double seconds)
    {
        int bucket = Math.Min(Buckets - 1, int.Log2(Math.Max(1, rows)));
        bool first = _rows[bucket] == 0;
        double before = first ? seconds : Seconds(bucket);
        _rows[bucket] = first ? rows : _rows[bucket] + (Gain * (rows - _rows[bucket]));
        _seconds[bucket] = before + (Gain * (seconds - before));
        _seenAt[bucket] = ++_runs;
        _latest = bucket;
        Current = _lines[bucket] = Fit();
    }

    /// <summary>
    /// Seconds of a size: measured, or, if that is old and the node has changed since, as much more as the size that is
    /// seen now has become.
    /// </summary>
    private double Seconds(int bucket)
    {
        if (_runs - _seenAt[bucket] <= Old)
        {
            return _seconds[bucket];
        }
        double then = _lines[bucket].BaseSeconds + (_lines[bucket].SecondsPerRow * _rows[_latest]);
        double change = _seconds[_latest] / Math.Max(1e-12, then);
        return change is > Changed or < 1 / Changed ? _seconds[bucket] * change : _seconds[bucket];
    }

    private BatchCost Fit()
    {
        // Relative error counts: 1/seconds² weights keep the small sizes, which matter for latency, in the fit.
        double w = 0;
        double x = 0;
        double y = 0;
        double xx = 0;
        double xy = 0;
        for (int i = 0; i < Buckets; i++)
        {
            if (_rows[i] == 0)
            {
                continue;
            }
            double seconds = Seconds(i);
            double weight = 1 / Math.Max(1e-18, seconds * seconds);
            w += weight;
            x += weight * _rows[i];
            y += weight * seconds;
            xx += weight * _rows[i] * _rows[i];
            xy += weight * _rows[i] * seconds;
        }

        double determinant = (w * xx) - (x * x);
        if (determinant <= 1e-9 * w * xx)
        {
            return new BatchCost(0, y / x);
        }
        double perRow = ((w * xy) - (x * y)) / determinant;
        double fixedPart = (y - (perRow * x)) / w;
        if (fixedPart < 0)
        {
            return new BatchCost(0, xy / xx);
        }
        return perRow < 0 ? new BatchCost(y / w, 0) : new BatchCost(fixedPart, perRow);
    }
}
