namespace OrleansInference.Agent.FastLoop;

/// <summary>
/// How much of a node's idle time searches may take. A few models are searched at once; where there are many that
/// nobody asks for, a hundredth of the time goes to them. Searches that others disturb come ever less often.
/// Thread-safe; time is an argument.
/// </summary>
public sealed class SearchBudget
{
    /// <summary>Share of the time that searches of models that nobody asked for may take, in the long run.</summary>
    public const double Share = 0.01;

    private static readonly TimeSpan MostSaved = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private TimeSpan _saved = MostSaved;
    private TimeSpan _pause = FirstPause;
    private TimeSpan _pausedUntil = TimeSpan.MinValue;
    private TimeSpan? _at;

    /// <summary>Whether a search may begin.</summary>
    /// <param name="now">The node's clock.</param>
    /// <param name="isAskedFor">Whether live requests came for the model: such a search waits for no budget.</param>
    public bool Allows(TimeSpan now, bool isAskedFor)
    {
        lock (_lock)
        {
            Save(now);
            return now >= _pausedUntil && (isAskedFor || _saved > TimeSpan.Zero);
        }
    }

    /// <summary>Notes a search that ended.</summary>
    /// <param name="now">The node's clock.</param>
    /// <param name="duration">What it took, ≥ 0.</param>
    /// <param name="isDisturbed">
    /// Whether it was thrown away because others used the processor: that is the node's state, not the model's.
    /// </param>
    public void Spend(TimeSpan now, TimeSpan duration, bool isDisturbed)
    {
        lock (_lock)
        {
            Save(now);
            _saved -= duration;
            if (!isDisturbed)
            {
                _pause = FirstPause;
                return;
            }

            _pausedUntil = now + _pause;
            _pause = 2 * _pause < LongestPause ? 2 * _pause : LongestPause;
        }
    }

    private void Save(TimeSpan now)
    {
        TimeSpan saved = _saved + (Share * (now - (_at ?? now)));
        _saved = saved < MostSaved ? saved : MostSaved;
        _at = now;
    }
}
