namespace OrleansInference.Simulation.Core;

/// <summary>Simulated time, and what is to happen in it. Stands still but for <see cref="AdvanceTo"/> and
/// <see cref="TakeNext"/>.</summary>
internal sealed class SimulationClock
{
    private readonly EventCalendar _calendar = new();

    /// <summary>The present, ticks since the beginning.</summary>
    public long Ticks { get; private set; }

    /// <summary>The present, since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(Ticks);

    /// <summary>When the next event happens, ticks; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextAt => _calendar.NextAt;

    /// <summary>Seconds in ticks, rounded.</summary>
    public static long ToTicks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);

    /// <summary>Has something happen.</summary>
    /// <param name="delay">Ticks from now, ≥ 0.</param>
    /// <param name="kind">What.</param>
    /// <param name="target">To what: meaning depends on the kind.</param>
    /// <param name="state">What it carries; null where the target says everything.</param>
    public void Schedule(long delay, EventKind kind, int target, object? state = null) =>
        _calendar.Add(Ticks + delay, kind, target, state);

    /// <summary>Goes on to a time, no later than the next event.</summary>
    public void AdvanceTo(long ticks) => Ticks = ticks;

    /// <summary>Goes on to the next event; there must be one.</summary>
    public SimulatedEvent TakeNext()
    {
        SimulatedEvent next = _calendar.Take();
        Ticks = next.At;
        return next;
    }

    /// <summary>Forgets all events, without going on.</summary>
    public void Clear()
    {
        while (_calendar.NextAt != long.MaxValue)
        {
            _calendar.Take();
        }
    }
}
