namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// How much a model is used: each request counts 1 and loses half of its weight every minute. So the score orders
/// models by frequency and recency together (LRFU, Lee et al. 2001). Not thread-safe by itself; a torn reading only
/// blurs an order that is a guess anyway.
/// </summary>
public sealed class UseScore
{
    private const double HalfLifeSeconds = 60;

    private double _score;
    private long _lastTicks;

    /// <summary>When it was last used, or loaded.</summary>
    public TimeSpan LastUsed => TimeSpan.FromTicks(Volatile.Read(ref _lastTicks));

    /// <summary>Counts one use.</summary>
    public void Touch(TimeSpan now)
    {
        _score = At(now) + 1;
        Volatile.Write(ref _lastTicks, now.Ticks);
    }

    /// <summary>The score at <paramref name="now"/>, at least 0.</summary>
    public double At(TimeSpan now)
    {
        double elapsed = Math.Max(0, (now - LastUsed).TotalSeconds);
        return elapsed < 1e-3 ? _score : _score * Math.Pow(2, -elapsed / HalfLifeSeconds);
    }
}
