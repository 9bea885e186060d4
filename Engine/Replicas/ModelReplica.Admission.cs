using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Replicas;

/// <content>Who may queue.</content>
public sealed partial class ModelReplica
{
    /// <summary>Queues the request; an answer at once where it is refused, and neither where it came too late for this replica.</summary>
    private InferenceResponse? Admit(InferenceRequest request, CancellationToken cancellationToken, out QueuedInference? queued)
    {
        queued = null;
        if (cancellationToken.IsCancellationRequested) return Refuse(request, InferenceError.Cancelled, "the request was cancelled");
        if (RequestCheck.Check(request, Signature, out string wrong) is not { } next) return Refuse(request, InferenceError.InvalidArgument, wrong);
        uint priority = request.Priority == 0 ? Policy.DefaultPriority : request.Priority;
        if (Policy.PriorityLevels > 0 && priority > Policy.PriorityLevels)
        {
            return Refuse(request, InferenceError.InvalidArgument, $"priority {priority} is not one of model '{Name}', which has levels 1 to {Policy.PriorityLevels}");
        }

        bool schedule;
        lock (_gate)
        {
            if (_closed) return null;
            // Background work leaves half of the queue to the others.
            int room = request.Background ? (_limits.MaxQueuedRequests + 1) / 2 : _limits.MaxQueuedRequests;
            if (_queue.Count >= room)
            {
                return Refuse(request, InferenceError.ResourceExhausted, $"the queue of model '{Name}' is full{(request.Background ? " for background requests" : "")}: {_queue.Count} of {room} requests wait");
            }

            TimeSpan now = _clock.Now;
            Use.Touch(now);
            TimeSpan due = now + TimeSpan.FromMilliseconds(request.SloP99Ms > 0 ? request.SloP99Ms : Policy.SloP99Ms);
            if (SetDeadline(next, now) && next.Deadline < due) due = next.Deadline;
            if (IsOverShare(next, now, out TimeSpan behind)) return Refuse(request, InferenceError.ResourceExhausted, $"tenant '{request.Tenant}' has its share of the queue of model '{Name}', in which others wait too");
            due += behind;
            if (Overdue(next, priority, due, now, out InferenceError error) is { } late)
            {
                if (request.Tenant.Length > 0) _tenants.Leave(request.Tenant, next.Rows);
                return Refuse(request, error, late);
            }

            if (!_limits.OneRequest && next.Rows > BatchPolicy.Cap(_limits, _cost.Current)) next.Joined = new JoinedOutputs(next.Rows);
            (next.RowsAhead, next.RunsUnderWay, next.OnAnswer) = (_queue.Rows, _turns, _onAnswer);
            next.Activity = EngineActivity.StartRequest(Name, Version, next.Rows);
            _queue.Add(next, priority, due, now);
            if (_queue.NextDeadline < _wakeAt) WakeAt(_queue.NextDeadline, now);
            schedule = TryAddTurn();
        }

        if (schedule) Start();
        queued = next;
        return null;
    }

    private InferenceResponse Refuse(InferenceRequest request, InferenceError error, string message)
    {
        _recorder.Refused(request, error, message);
        request.Dispose();
        return InferenceResponse.Failure(request, error, message);
    }

    private bool SetDeadline(QueuedInference queued, TimeSpan now)
    {
        TimeSpan timeout = queued.Request.Timeout > TimeSpan.Zero && Policy.AllowTimeoutOverride ? queued.Request.Timeout : Policy.DefaultTimeout;
        if (timeout <= TimeSpan.Zero) return false;
        queued.Deadline = timeout > TimeSpan.FromDays(1) ? TimeSpan.MaxValue : now + timeout;
        queued.DropWhenOverdue = Policy.RejectOverdue;
        return true;
    }

    /// <summary>Whether the request's tenant has its share of what the queue can answer in the request's time; where not, it is counted in, and stands behind others by the time of its own backlog.</summary>
    private bool IsOverShare(QueuedInference queued, TimeSpan now, out TimeSpan behind)
    {
        InferenceRequest request = queued.Request;
        behind = TimeSpan.Zero;
        if (request.Tenant.Length == 0) return false;
        BatchCost cost = _cost.Current;
        int cap = BatchPolicy.Cap(_limits, cost);
        double room = _limits.MaxQueuedRequests + _limits.Concurrency;
        double speed = _limits.Concurrency * cap / Math.Max(1e-9, cost.Seconds(cap));
        if (queued.Deadline != TimeSpan.MaxValue && cost.IsKnown)
        {
            double seconds = Math.Max(0, (queued.Deadline - now).TotalSeconds - cost.Seconds(queued.Rows)) / (1 + DeadlineAdmission.WaitMargin);
            room = Math.Min(room, seconds * speed);
        }

        bool entered = _tenants.TryEnterShare(room, request.Tenant, request.TenantWeight > 0 ? request.TenantWeight : 1, queued.Rows, now, out double backlogRows);
        behind = TimeSpan.FromSeconds(Math.Min(3600, backlogRows / speed));
        return !entered;
    }

    private string? Overdue(QueuedInference queued, uint priority, TimeSpan due, TimeSpan now, out InferenceError error)
    {
        error = InferenceError.DeadlineExceeded;
        if (queued.Deadline == TimeSpan.MaxValue || !queued.DropWhenOverdue) return null;
        BatchCost cost = _cost.Current;
        int cap = BatchPolicy.Cap(_limits, cost);
        ReplicaLoad load = new(_queue.RowsAhead(priority, due, queued.Request.Background), _turns, _limits.Concurrency, cap, cost.Seconds(cap), cost.Seconds(queued.Rows)) { TurnWaitSeconds = _turnWait.Seconds(now) };
        AdmissionDecision decision = DeadlineAdmission.Decide(load, now, queued.Deadline);
        // Were it alone it would be in time: it is the load that refuses it, and another time or place may do.
        if (now + TimeSpan.FromSeconds(load.OwnSeconds) < queued.Deadline) error = InferenceError.ResourceExhausted;
        return decision.Admit
            ? null
            : $"the deadline in {(queued.Deadline - now).TotalMilliseconds:F1} ms cannot be met: model '{Name}' would answer in about {(decision.PredictedFinish - now).TotalMilliseconds:F1} ms";
    }
}
