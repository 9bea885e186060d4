namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>
/// A clock that stands still until it is moved, and a calendar of what happens when, first come first served within a
/// moment.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly PriorityQueue<Action, (long At, long Sequence)> _calendar = new();
    private long _now;
    private long _sequence;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>When the next thing happens, ticks; <see cref="long.MaxValue"/> for nothing.</summary>
    public long NextAt => _calendar.TryPeek(out _, out (long At, long Sequence) next) ? next.At : long.MaxValue;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Add(long at, Action happens) => _calendar.Enqueue(happens, (at, _sequence++));

    public void MoveTo(long at) => _now = at;

    /// <summary>Moves to the next thing and lets it happen.</summary>
    public void Happen()
    {
        _now = NextAt;
        _calendar.Dequeue().Invoke();
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version = ++_version;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return true;
            }
            time.Add(time._now + dueTime.Ticks, () => Fire(version));
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version)
        {
            if (version == _version)
            {
                callback(state);
            }
        }
    }
}
