using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Turns;

/// <summary>
/// When a replica takes a turn on an engine thread, and with what. A turn runs at most one batch. The server and the
/// twin call these methods; threads, timers and runs are theirs.
/// </summary>
public static class TurnPolicy
{
    /// <summary>Counts one more turn in, if there is work for it and fewer are under way than may be.</summary>
    /// <param name="replica">The replica's state, locked by the caller.</param>
    /// <param name="now">The replica's clock.</param>
    /// <returns>Whether the caller has to start a turn.</returns>
    public static bool TryAdd<TRequest>(ReplicaSchedule<TRequest> replica, TimeSpan now)
        where TRequest : QueuedRequest
    {
        if (replica.Queue.Count == 0 || replica.Turns >= replica.Limits.Concurrency)
        {
            return false;
        }
        replica.Turns++;
        replica.TurnWait.RecordRequest(now);
        return true;
    }

    /// <summary>
    /// Whether a turn that was added just now may be taken by the thread that brought the request: nothing else runs,
    /// so that it would wait for nobody and nobody could share its run.
    /// </summary>
    /// <param name="replica">The replica's state, locked by the caller.</param>
    public static bool IsForCaller<TRequest>(ReplicaSchedule<TRequest> replica)
        where TRequest : QueuedRequest => replica.Turns == 1 && replica.Queue.Count == 1;

    /// <summary>
    /// Begins a turn on a thread (step 12): takes out what is overdue and, if there is one to run now, the next batch.
    /// </summary>
    /// <param name="replica">The replica's state, locked by the caller.</param>
    /// <param name="now">The replica's clock.</param>
    /// <param name="batch">Gets the batch; empty before.</param>
    /// <param name="overdue">Gets what waited beyond its deadline, in order.</param>
    /// <returns>Whether there is a batch to run; if not, the turn is over and counted out.</returns>
    public static bool TryBegin<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TimeSpan now,
        List<BatchEntry<TRequest>> batch,
        List<TRequest> overdue
    )
        where TRequest : QueuedRequest
    {
        replica.TurnWait.RecordBegin(now);
        // Before a batch is chosen: what is late already would run for nobody.
        replica.Queue.TakeOverdue(now, overdue);
        TimeSpan wait = TimeSpan.MaxValue;
        BatchLimits limits = replica.Limits;
        // Fewer turns than there are may be allowed since this one was asked for.
        bool mayRun = replica.Turns <= limits.Concurrency;
        if (mayRun && replica.Queue.TryTake(now, limits, replica.Cost.Current, batch, out wait))
        {
            return true;
        }
        replica.Turns--;
        if (wait != TimeSpan.MaxValue)
        {
            replica.WakeNoLaterThan(now + wait);
        }
        return false;
    }

    /// <summary>
    /// Learns from a run that has ended, and asks for the same turn's next batch: the turn goes on behind those of
    /// others.
    /// </summary>
    /// <param name="replica">The replica's state, locked by the caller.</param>
    /// <param name="rows">Rows of the run.</param>
    /// <param name="seconds">What it took; null where it failed.</param>
    /// <param name="now">The replica's clock.</param>
    public static void End<TRequest>(ReplicaSchedule<TRequest> replica, int rows, double? seconds, TimeSpan now)
        where TRequest : QueuedRequest
    {
        // A run that failed may have ended at once, and says nothing of what runs take.
        if (seconds is { } measured)
        {
            replica.Cost.Observe(rows, measured);
        }
        // It waits again as any other would, and what it waits is measured alike.
        replica.TurnWait.RecordRequest(now);
    }

    /// <summary>Takes out what is overdue at the time for which the replica asked to be woken.</summary>
    /// <param name="replica">The replica's state, locked by the caller, who calls <see cref="TryAdd"/> next.</param>
    /// <param name="now">The replica's clock.</param>
    /// <param name="overdue">Gets what waited beyond its deadline, in order.</param>
    /// <param name="nextOfRuns">The earliest deadline at which one that runs is ended; <see cref="TimeSpan.MaxValue"/>
    /// without one. Those that come to run later were in the queue, whose deadlines the replica is woken for.</param>
    public static void Wake<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TimeSpan now,
        List<TRequest> overdue,
        TimeSpan nextOfRuns
    )
        where TRequest : QueuedRequest
    {
        replica.WakeAt = TimeSpan.MaxValue;
        replica.Queue.TakeOverdue(now, overdue);
        replica.WakeNoLaterThan(replica.Queue.NextDeadline);
        replica.WakeNoLaterThan(nextOfRuns);
    }
}
