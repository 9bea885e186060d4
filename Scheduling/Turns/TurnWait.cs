namespace OrleansInference.Scheduling.Turns;

/// <summary>
/// Measures how long a replica's turns wait for an engine thread: where several models share the threads, a batch takes
/// that long on top of its run. An exponentially weighted mean that fades when no turn is taken. Not thread-safe.
/// </summary>
public sealed class TurnWait
{
    private const double Gain = 0.2;
    private const double HalfLifeSeconds = 0.5;

    private readonly Queue<TimeSpan> _asked = new();
    private double _seconds;
    private TimeSpan _at;

    /// <summary>A turn was asked for.</summary>
    public void RecordRequest(TimeSpan now) => _asked.Enqueue(now);

    /// <summary>A turn began.</summary>
    public void RecordBegin(TimeSpan now)
    {
        // Threads may begin turns in another order: which wait is whose does not change their mean.
        if (!_asked.TryDequeue(out TimeSpan asked))
        {
            return;
        }
        _seconds = Seconds(now);
        _seconds += Gain * (Math.Max(0, (now - asked).TotalSeconds) - _seconds);
        _at = now;
    }

    /// <summary>What the next turn is expected to wait, seconds.</summary>
    public double Seconds(TimeSpan now)
    {
        if (_seconds < 1e-6)
        {
            return 0;
        }
        double age = (now - _at).TotalSeconds;
        return age <= 0.05 ? _seconds : _seconds * Math.Pow(2, -(age - 0.05) / HalfLifeSeconds);
    }
}
