using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>
/// What a replica's admission and its runner share: the lock, and under it the schedule, the session and the end.
/// </summary>
internal sealed class ReplicaState
{
    // It is set under the lock, where nothing that waits for it may go on.
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ModelSession _session;
    private bool _isClosed;

    /// <summary>Creates it, with nothing queued.</summary>
    /// <param name="schedule">The queue, the knobs and the turns.</param>
    /// <param name="session">The session that serves; held once by this.</param>
    /// <param name="time">Where the wake timer comes from.</param>
    public ReplicaState(ReplicaSchedule<QueuedInference> schedule, ModelSession session, TimeProvider time)
    {
        Schedule = schedule;
        _session = session;
        Timer = new WakeTimer(time);
    }

    /// <summary>Guards everything below.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The queue, the knobs and the turns.</summary>
    public ReplicaSchedule<QueuedInference> Schedule { get; }

    /// <summary>The deadlines of what runs.</summary>
    public RunDeadlines Deadlines { get; } = new();

    /// <summary>Gives answers in the order of the requests; null where each leaves as soon as it has run.</summary>
    public AnswerOrder? Order { get; init; }

    /// <summary>Wakes the replica when its schedule asks for it.</summary>
    public WakeTimer Timer { get; }

    /// <summary>Whether it takes no more requests. May be read without the lock.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Ends when it is closed and the last request has been answered.</summary>
    public Task Drained => _drained.Task;

    /// <summary>The session that serves. May be read without the lock; <see cref="TryHoldSession"/> keeps it.</summary>
    public ModelSession Session => Volatile.Read(ref _session);

    /// <summary>Takes no more requests. The caller has the lock.</summary>
    public void Close()
    {
        _isClosed = true;
        // Nobody will come to fill a batch up.
        Schedule.Limits = Schedule.Limits with
        {
            MaxDelay = TimeSpan.Zero,
        };
        EndDrain();
    }

    /// <summary>Ends <see cref="Drained"/> once the last request has been answered. The caller has the lock.</summary>
    public void EndDrain()
    {
        if (_isClosed && Schedule.IsIdle)
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>Puts another session in place. The caller has the lock, and releases the old one after it.</summary>
    /// <returns>The old one.</returns>
    public ModelSession Swap(ModelSession session)
    {
        ModelSession old = _session;
        Volatile.Write(ref _session, session);
        return old;
    }

    /// <summary>Holds the session that serves until it is released; null once it is on its way out.</summary>
    public ModelSession? TryHoldSession()
    {
        lock (Gate)
        {
            ModelSession session = _session;
            return session.TryAcquire() ? session : null;
        }
    }
}
