using Microsoft.Extensions.Options;

namespace OrleansInference.Grains.Nodes;

/// <summary>Whether a node is idle enough to search settings. Not thread-safe.</summary>
/// <param name="options">How long it must be, and what others may use of the processor.</param>
/// <param name="time">Time.</param>
internal sealed class IdleWatch(IOptions<NodeOptions> options, TimeProvider time)
{
    /// <summary>Readings further apart say nothing of the moment.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(2);

    private long _requests = -1;
    private long _busyAt;
    private ProcessorTime? _processor;
    private long _processorAt;

    /// <summary>Takes a look in.</summary>
    /// <param name="requests">Requests that all replicas have answered, or refused, so far.</param>
    /// <returns>Whether none has come for long enough.</returns>
    public bool Observe(long requests)
    {
        long at = time.GetTimestamp();
        if (requests != _requests)
        {
            _requests = requests;
            _busyAt = at;
        }
        bool isIdle = _busyAt != 0 && time.GetElapsedTime(_busyAt, at).TotalSeconds >= options.Value.ProfileIdleSeconds;
        if (_busyAt == 0)
        {
            _busyAt = at;
        }
        return isIdle;
    }

    /// <summary>
    /// Whether others left the processor alone since the last reading: a search would measure them, and slow them down.
    /// </summary>
    public bool IsQuiet()
    {
        long at = time.GetTimestamp();
        ProcessorTime? before = _processor;
        TimeSpan since = time.GetElapsedTime(_processorAt, at);
        _processor = ProcessorTime.Now();
        _processorAt = at;
        if (_processor is not { } now)
        {
            return true;
        }
        // Over a longer gap the average would hide what goes on now.
        if (before is not { } earlier || since > LongestGap)
        {
            return false;
        }
        return now.TakenByOthers(earlier, since, Environment.ProcessorCount) <= options.Value.ProfileDisturbance;
    }
}
