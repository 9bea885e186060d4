namespace OrleansInference.Engine.Batching;

/// <summary>
/// Learns <see cref="BatchCost"/> from runs: an exponentially weighted mean per power-of-two size, and a least-squares
/// line through those means, so that a size seen often does not drown one seen seldom. Not thread-safe.
/// </summary>
public sealed class BatchCostEstimator
{
    private const int Buckets = 24;
    private const double Gain = 0.1;

    private readonly double[] _rows = new double[Buckets];
    private readonly double[] _seconds = new double[Buckets];

    /// <summary>The line through what has been measured.</summary>
    public BatchCost Current { get; private set; }

    /// <summary>Adds one run of <paramref name="rows"/> ≥ 1 rows that took <paramref name="seconds"/>.</summary>
    public void Observe(int rows, double seconds)
    {
        int bucket = Math.Min(Buckets - 1, int.Log2(Math.Max(1, rows)));
        bool first = _rows[bucket] == 0;
        _rows[bucket] = first ? rows : _rows[bucket] + (Gain * (rows - _rows[bucket]));
        _seconds[bucket] = first ? seconds : _seconds[bucket] + (Gain * (seconds - _seconds[bucket]));
        Current = Fit();
    }

    private BatchCost Fit()
    {
        // Relative error counts: 1/seconds² weights keep the small sizes, which matter for latency, in the fit.
        double w = 0, x = 0, y = 0, xx = 0, xy = 0;
        for (int i = 0; i < Buckets; i++)
        {
            if (_rows[i] == 0) continue;
            double weight = 1 / Math.Max(1e-18, _seconds[i] * _seconds[i]);
            w += weight;
            x += weight * _rows[i];
            y += weight * _seconds[i];
            xx += weight * _rows[i] * _rows[i];
            xy += weight * _rows[i] * _seconds[i];
        }

        double determinant = (w * xx) - (x * x);
        if (determinant <= 1e-9 * w * xx) return new BatchCost(0, y / x);
        double perRow = ((w * xy) - (x * y)) / determinant;
        double fixedPart = (y - (perRow * x)) / w;
        if (fixedPart < 0) return new BatchCost(0, xy / xx);
        return perRow < 0 ? new BatchCost(y / w, 0) : new BatchCost(fixedPart, perRow);
    }
}
