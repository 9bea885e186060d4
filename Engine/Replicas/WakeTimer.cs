using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>Fires when a replica's schedule asks to be woken. Guarded by the replica's lock.</summary>
internal sealed class WakeTimer : IAsyncDisposable
{
    private readonly ITimer _timer;
    private TimeSpan _at = TimeSpan.MaxValue;

    /// <summary>Creates it, not set.</summary>
    public WakeTimer(TimeProvider time) =>
        _timer = time.CreateTimer(
            static timer => ((WakeTimer)timer!).Fired?.Invoke(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );

    /// <summary>Called without the replica's lock, on a thread of the time provider.</summary>
    public event Action? Fired;

    /// <summary>Sets it to when the schedule asks to be woken.</summary>
    public void Set<TRequest>(ReplicaSchedule<TRequest> schedule, TimeSpan now)
        where TRequest : QueuedRequest
    {
        TimeSpan at = schedule.WakeAt;
        if (at == _at)
        {
            return;
        }
        _at = at;
        // One that was set for earlier fires once too often, which costs less than stopping it.
        if (at != TimeSpan.MaxValue)
        {
            _timer.Change(schedule.TimeToWake(now), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Notes that it has fired and is set no more.</summary>
    public void Clear() => _at = TimeSpan.MaxValue;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
