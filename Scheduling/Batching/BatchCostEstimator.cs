namespace OrleansInference.Scheduling.Batching;

/// <summary>
/// Learns <see cref="BatchCost"/> from runs: an exponentially weighted mean for each power-of-two size, and a
/// least-squares line through those means. So a size seen often does not drown one seen seldom. A size that was not
/// seen for a while moves with the one that is: it was measured on a node that may have been faster. Not thread-safe.
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

    /// <summary>
    /// How fast the undisturbed time of a size follows a run that was faster, and one that was slower: about the 3rd
    /// percentile of the last some hundred runs.
    /// </summary>
    private const double FasterGain = 0.3;
    private const double SlowerGain = 0.003;

    private readonly double[] _least = new double[Buckets];
    private readonly double[] _rows = new double[Buckets];
    private readonly double[] _seconds = new double[Buckets];
    private readonly long[] _seenAt = new long[Buckets];
    private readonly BatchCost[] _lines = new BatchCost[Buckets];
    private long _runs;
    private int _latest;

    /// <summary>The line through what has been measured.</summary>
    public BatchCost Current { get; private set; }

    /// <summary>
    /// The line through the fastest of late: what runs cost when nothing else had the cores. Other processes that take
    /// the cores lengthen <see cref="Current"/>, and say nothing of how long a run keeps a thread busy.
    /// </summary>
    public BatchCost Undisturbed { get; private set; }

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
        double gain = seconds < _least[bucket] ? FasterGain : SlowerGain;
        _least[bucket] = first ? seconds : _least[bucket] + (gain * (seconds - _least[bucket]));
        Current = _lines[bucket] = Fit(undisturbed: false);
        Undisturbed = Fit(undisturbed: true);
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
        double then = _lines[bucket].Seconds(_rows[_latest]);
        double change = _seconds[_latest] / Math.Max(1e-12, then);
        return change is > Changed or < 1 / Changed ? _seconds[bucket] * change : _seconds[bucket];
    }

    private BatchCost Fit(bool undisturbed)
    {
        Span<(double Rows, double Seconds)> points = stackalloc (double, double)[Buckets];
        int count = 0;
        for (int i = 0; i < Buckets; i++)
        {
            if (_rows[i] != 0)
            {
                points[count++] = (_rows[i], undisturbed ? _least[i] : Seconds(i));
            }
        }

        return BatchCost.Fit(points[..count]);
    }
}
