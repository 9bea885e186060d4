using OrleansInference.Engine.Scheduling;

namespace OrleansInference.Engine.Emulation;

/// <summary>
/// Takes the time of a device that is not here, on its lanes. A run begins when a lane is free and ends when the
/// profile says. What the operating system's timers are late is made up by the next run, so that throughput is the
/// profile's. Outputs are zeros. Thread-safe.
/// </summary>
public sealed class EmulatedDevice : IEmulatedDevice
{
    /// <summary>Its name as an execution provider.</summary>
    public const string Provider = "EmulatedExecutionProvider";

    /// <summary>
    /// What the server takes between two runs that follow each other; a lane that is asked again later was idle.
    /// </summary>
    private static readonly TimeSpan Turnaround = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(5);

    private readonly Lock _lock = new();
    private readonly TimeSpan[] _free;
    private readonly TimeSpan[] _woken;
    private readonly EngineClock _clock;

    /// <summary>Creates it with every lane free.</summary>
    public EmulatedDevice(DeviceProfile profile, EngineClock clock)
    {
        ArgumentNullException.ThrowIfNull(profile);
        Profile = profile;
        _clock = clock;
        _free = new TimeSpan[profile.Lanes];
        _woken = new TimeSpan[profile.Lanes];
        Array.Fill(_woken, TimeSpan.MinValue);
    }

    /// <summary>What it takes.</summary>
    public DeviceProfile Profile { get; }

    /// <inheritdoc />
    public bool Run(ModelProfile model, int rows, Func<bool> isTerminated)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(isTerminated);
        TimeSpan end = Book(model.Run(rows), out int lane);
        object wait = new();
        while (end - _clock.Now is { Ticks: > 0 } left)
        {
            if (isTerminated())
            {
                return false;
            }
            // Timers tick in whole milliseconds.
            lock (wait)
            {
                Monitor.Wait(
                    wait,
                    TimeSpan.FromMilliseconds(Math.Ceiling((left < Glance ? left : Glance).TotalMilliseconds))
                );
            }
        }

        lock (_lock)
        {
            _woken[lane] = _clock.Now;
        }
        return true;
    }

    /// <summary>When a run that is asked for now would end.</summary>
    private TimeSpan Book(TimeSpan time, out int lane)
    {
        lock (_lock)
        {
            lane = 0;
            for (int i = 1; i < _free.Length; i++)
            {
                if (_free[i] < _free[lane])
                {
                    lane = i;
                }
            }

            TimeSpan now = _clock.Now;
            bool busy = _free[lane] > now || now - Turnaround < _woken[lane];
            return _free[lane] = (busy ? _free[lane] : now) + time;
        }
    }
}
