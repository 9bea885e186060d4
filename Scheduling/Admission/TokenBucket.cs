namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// A rate limit: tokens come at a constant rate up to one second's worth. Not thread-safe; time is an argument.
/// </summary>
public sealed class TokenBucket
{
    private double _tokens;
    private TimeSpan _at;

    /// <summary>Creates it full.</summary>
    public TokenBucket(double perSecond, TimeSpan now)
    {
        PerSecond = perSecond;
        _tokens = Math.Max(1, perSecond);
        _at = now;
    }

    /// <summary>Tokens a second, &gt; 0.</summary>
    public double PerSecond { get; }

    /// <summary>Takes one; where there is none, says in how many seconds there will be.</summary>
    public bool TryTake(TimeSpan now, out double retryAfterSeconds)
    {
        // Room for one whole token at least: at less than one a second there would never be any.
        _tokens = Math.Min(Math.Max(1, PerSecond), _tokens + (Math.Max(0, (now - _at).TotalSeconds) * PerSecond));
        _at = now;
        retryAfterSeconds = _tokens >= 1 ? 0 : (1 - _tokens) / PerSecond;
        if (_tokens < 1)
        {
            return false;
        }
        _tokens--;
        return true;
    }
}
