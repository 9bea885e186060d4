using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// Whether a request may queue at a replica, where in line, and when it would be answered. The server and the twin call
/// these methods.
/// </summary>
public static class AdmissionPolicy
{
    /// <summary>A deadline further away than this is none: no request waits so long.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    /// <summary>A tenant's backlog puts its request behind others' by at most this, seconds.</summary>
    private const double LongestBacklogSeconds = 3600;

    /// <summary>
    /// Queues a request, or says why not (step 9). In this order: room in the queue, room for its priority, the tenant's
    /// share, and whether the deadline is predicted to be met.
    /// </summary>
    /// <param name="replica">The replica's state, locked by the caller.</param>
    /// <param name="request">The request; its deadline is set here where it or the model has a timeout.</param>
    /// <param name="policy">What the model's configuration says.</param>
    /// <param name="now">The replica's clock.</param>
    public static QueueAdmission Admit<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TRequest request,
        QueuePolicy policy,
        TimeSpan now
    )
        where TRequest : QueuedRequest
    {
        // First, because it costs nothing: a flood is refused without an estimate.
        int room = Room(replica.Limits, request.Request.Background);
        if (replica.Queue.Count >= room)
        {
            return new QueueAdmission(AdmissionVerdict.QueueFull, room, now);
        }
        ulong priority = policy.PriorityOf(request.Request);
        LevelPolicy level = policy.Of(priority);
        if (level.MaxQueuedRequests > 0 && replica.Queue.CountOf(priority) >= level.MaxQueuedRequests)
        {
            return new QueueAdmission(AdmissionVerdict.LevelFull, level.MaxQueuedRequests, now);
        }

        SetDeadline(request, level, now);
        TimeSpan due = now + TimeSpan.FromMilliseconds(policy.SloOf(request.Request));
        if (request.Deadline < due)
        {
            due = request.Deadline;
        }

        if (!TryEnterShare(replica, request, now, out TimeSpan backlog))
        {
            return new QueueAdmission(AdmissionVerdict.OverShare, room, now);
        }
        // Measured: beside a tenant's flood another lost 5.4 points of attainment without this, 0.1 with it (ADR 11).
        due += backlog;
        if (policy.PreservesOrder)
        {
            priority = policy.DefaultPriority;
            due = now;
        }

        // Judged as the last of its due time, which it is until a later one comes.
        OrderKey place = new(request.Request.Background, priority, due, long.MaxValue);
        AdmissionVerdict verdict = Decide(replica, request, policy.Rule, place, now, out TimeSpan finish);
        if (verdict == AdmissionVerdict.Admitted)
        {
            replica.Queue.Add(request, priority, due, now);
            // Where all runs are long, no turn begins in time to drop it: it is answered when it is overdue all the
            // same.
            replica.WakeNoLaterThan(replica.Queue.NextDeadline);
        }
        else
        {
            Leave(replica, request);
        }

        return new QueueAdmission(verdict, room, finish);
    }

    /// <summary>
    /// Gives a request's share of the queue back: it has been answered, or was refused after it had entered.
    /// </summary>
    public static void Leave<TRequest>(ReplicaSchedule<TRequest> replica, TRequest request)
        where TRequest : QueuedRequest
    {
        if (request.Request.Tenant.Length > 0)
        {
            replica.Tenants.Leave(request.Request.Tenant, request.Rows);
        }
    }

    /// <summary>Most requests that may wait: background work leaves half of the queue to the others.</summary>
    private static int Room(BatchLimits limits, bool background) =>
        background ? (limits.MaxQueuedRequests + 1) / 2 : limits.MaxQueuedRequests;

    private static void SetDeadline(QueuedRequest request, LevelPolicy policy, TimeSpan now)
    {
        TimeSpan timeout = policy.TimeoutOf(request.Request.Timeout);
        if (timeout <= TimeSpan.Zero)
        {
            return;
        }
        request.Deadline = timeout > LongestTimeout ? TimeSpan.MaxValue : now + timeout;
        request.DropWhenOverdue = policy.RejectOverdue;
    }

    /// <summary>
    /// Counts the request into its tenant's share of what the queue can answer in the request's time. False where the
    /// tenant has its share already.
    /// </summary>
    /// <param name="backlog">What the tenant's own rows take at its share of the speed: its request stands behind
    /// others' by that.</param>
    private static bool TryEnterShare<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TRequest request,
        TimeSpan now,
        out TimeSpan backlog
    )
        where TRequest : QueuedRequest
    {
        backlog = TimeSpan.Zero;
        InferenceCall asked = request.Request;
        if (asked.Tenant.Length == 0)
        {
            return true;
        }
        BatchLimits limits = replica.Limits;
        ServiceRate rate = ServiceRate.From(limits, replica.Cost.Current);
        // A share is held until the answer, so that those that run count too.
        double room = limits.MaxQueuedRequests + limits.Concurrency;
        if (request.Deadline != TimeSpan.MaxValue && rate.Cost.IsKnown)
        {
            double left = (request.Deadline - now).TotalSeconds;
            room = Math.Min(room, FinishEstimate.LongestWait(left, rate.OwnSeconds(request.Rows)) * rate.RowsPerSecond);
        }

        double weight = asked.TenantWeight > 0 ? asked.TenantWeight : 1;
        bool entered = replica.Tenants.TryEnterShare(
            room,
            asked.Tenant,
            weight,
            request.Rows,
            now,
            out double backlogRows
        );
        double seconds = rate.RowsPerSecond > 0 ? backlogRows / rate.RowsPerSecond : 0;
        backlog = TimeSpan.FromSeconds(Math.Min(LongestBacklogSeconds, seconds));
        return entered;
    }

    private static AdmissionVerdict Decide<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TRequest request,
        AdmissionRule rule,
        OrderKey place,
        TimeSpan now,
        out TimeSpan finish
    )
        where TRequest : QueuedRequest
    {
        finish = now;
        bool mayBeLate = request.Deadline == TimeSpan.MaxValue || !request.DropWhenOverdue;
        if (mayBeLate || rule == AdmissionRule.Room)
        {
            return AdmissionVerdict.Admitted;
        }
        FinishEstimate estimate = Estimate(replica, request, place, now);
        finish = now + TimeSpan.FromSeconds(estimate.Seconds);
        double left = (request.Deadline - now).TotalSeconds;
        bool isInTimeAlone = estimate.OwnSeconds < left;
        bool isInTime = rule == AdmissionRule.EarlyDrop ? isInTimeAlone : estimate.IsWithin(left);
        if (isInTime)
        {
            return AdmissionVerdict.Admitted;
        }
        // Were it alone it would be in time: it is the load that refuses it.
        return isInTimeAlone ? AdmissionVerdict.Overloaded : AdmissionVerdict.NeverInTime;
    }

    /// <summary>When a request would be answered if it took this place in line.</summary>
    private static FinishEstimate Estimate<TRequest>(
        ReplicaSchedule<TRequest> replica,
        TRequest request,
        OrderKey place,
        TimeSpan now
    )
        where TRequest : QueuedRequest
    {
        double turnWait = replica.TurnWait.Seconds(now);
        ServiceRate rate = ServiceRate.From(replica.Limits, replica.Cost.Current) with { TurnWaitSeconds = turnWait };
        // Nothing was measured yet, and letting it in is how that changes.
        if (!rate.Cost.IsKnown)
        {
            return default;
        }
        long ahead = replica.Queue.RowsAhead(place.Priority, place.Due, place.Background);
        // Where all runs are busy, half of one is left on average.
        double busy = replica.Turns >= rate.Concurrency ? rate.SecondsPerBatch / 2 / rate.Concurrency : 0;
        return FinishEstimate.Predict(ahead, rate.RowsPerSecond, rate.OwnSeconds(request.Rows), busy + turnWait);
    }
}
