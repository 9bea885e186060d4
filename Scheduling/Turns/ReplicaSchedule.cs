using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Turns;

/// <summary>
/// What waits and what runs at one replica: the state that <see cref="AdmissionPolicy"/> and <see cref="TurnPolicy"/>
/// decide by and change. A plain data structure: its owner locks, and sets a timer to <see cref="WakeAt"/>.
/// </summary>
/// <typeparam name="TRequest">What who runs the batches keeps of a request.</typeparam>
public sealed class ReplicaSchedule<TRequest>
    where TRequest : QueuedRequest
{
    private BatchLimits _limits;

    /// <summary>Creates it with nothing waiting.</summary>
    /// <param name="limits">The knobs that it starts with.</param>
    /// <param name="cost">What its runs were measured to take so far.</param>
    /// <param name="countsPriorities">Whether the queue counts those that wait by their priority.</param>
    public ReplicaSchedule(BatchLimits limits, BatchCostEstimator cost, bool countsPriorities = false)
    {
        _limits = limits;
        Cost = cost;
        Queue = new ReplicaQueue<TRequest>(countsPriorities);
    }

    /// <summary>What waits.</summary>
    public ReplicaQueue<TRequest> Queue { get; }

    /// <summary>The tenants' shares of the queue.</summary>
    public ModelGate Tenants { get; } = new();

    /// <summary>What its runs take.</summary>
    public BatchCostEstimator Cost { get; }

    /// <summary>What its turns wait for a thread.</summary>
    public TurnWait TurnWait { get; } = new();

    /// <summary>The knobs in force. May be read without the owner's lock.</summary>
    public BatchLimits Limits
    {
        get => Volatile.Read(ref _limits);
        set => Volatile.Write(ref _limits, value);
    }

    /// <summary>Turns asked for or under way.</summary>
    public int Turns { get; internal set; }

    /// <summary>When it must be woken to look at its queue again; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan WakeAt { get; internal set; } = TimeSpan.MaxValue;

    /// <summary>Whether nothing waits and no turn is asked for or under way.</summary>
    public bool IsIdle => Turns == 0 && Queue.Count == 0;

    /// <summary>How long a timer has to wait until <see cref="WakeAt"/>: timers tick in whole milliseconds.</summary>
    public TimeSpan TimeToWake(TimeSpan now) =>
        // Rounded up: a timer that fires early finds nothing to do and has to be set again.
        TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((WakeAt - now).TotalMilliseconds)));

    /// <summary>Asks to be woken at <paramref name="at"/>, unless that is to happen before.</summary>
    internal void WakeNoLaterThan(TimeSpan at)
    {
        if (at < WakeAt)
        {
            WakeAt = at;
        }
    }
}
