namespace OrleansInference.Engine.Scheduling;

/// <summary>Time since the engine was made, monotonic, on an injected <see cref="TimeProvider"/>.</summary>
public sealed class EngineClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Where timers come from.</summary>
    public TimeProvider Time => time;

    /// <summary>Now.</summary>
    public TimeSpan Now => time.GetElapsedTime(_start);
}
