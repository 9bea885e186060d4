namespace OrleansInference.Agent.Prediction;

/// <summary>
/// Forecasts how many rows a second a model is asked for: a fast and a slow exponentially weighted mean, the mean of
/// the same time of other days, and the 95th percentile of the last minute. Not thread-safe.
/// </summary>
public sealed class DemandEstimate
{
    private const double FastSeconds = 5;
    private const double SlowSeconds = 60;
    private const int Slots = 288;

    private readonly Queue<double> _minute = new();
    private readonly (double Mean, int Count)[] _day = new (double, int)[Slots];
    private double _fast;
    private double _slow;
    private bool _any;

    /// <summary>Rows a second now, over about five seconds.</summary>
    public double Now => _fast;

    /// <summary>
    /// Rows a second to plan for: the higher of the fast and the slow mean, and of what this time of day has brought.
    /// </summary>
    /// <param name="at">Time since an origin that is the same time of day.</param>
    public double Mean(TimeSpan at) =>
        Math.Max(Math.Max(_fast, _slow), _day[Slot(at)] is { Count: > 60 } slot ? slot.Mean : 0);

    /// <summary>The 95th percentile of the last minute's seconds; not below the mean.</summary>
    public double P95
    {
        get
        {
            if (_minute.Count == 0)
            {
                return 0;
            }
            double[] sorted = [.. _minute];
            Array.Sort(sorted);
            return Math.Max(_fast, sorted[Math.Min(sorted.Length - 1, (int)(0.95 * sorted.Length))]);
        }
    }

    /// <summary>Takes in a span of time.</summary>
    /// <param name="at">When.</param>
    /// <param name="rows">Rows that were asked for.</param>
    /// <param name="seconds">How long it was, &gt; 0.</param>
    public void Observe(TimeSpan at, double rows, double seconds)
    {
        if (!(seconds > 0))
        {
            return;
        }
        double rate = rows / seconds;
        _fast = _any ? _fast + ((1 - Math.Exp(-seconds / FastSeconds)) * (rate - _fast)) : rate;
        _slow = _any ? _slow + ((1 - Math.Exp(-seconds / SlowSeconds)) * (rate - _slow)) : rate;
        _any = true;
        _minute.Enqueue(rate);
        while (_minute.Count > 60)
        {
            _minute.Dequeue();
        }
        ref (double Mean, int Count) slot = ref _day[Slot(at)];
        slot = (slot.Mean + ((rate - slot.Mean) / Math.Min(600, slot.Count + 1)), slot.Count + 1);
    }

    private static int Slot(TimeSpan at) => (int)(((long)at.TotalMinutes / 5) % Slots);
}
