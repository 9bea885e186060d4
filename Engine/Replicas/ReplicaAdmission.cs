using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>A replica's door: checks a request, lets the policy decide whether it queues, and asks for a turn.</summary>
internal sealed class ReplicaAdmission
{
    private readonly ReplicaSpec _spec;
    private readonly ReplicaState _state;
    private readonly ReplicaRunner _runner;
    private readonly IEngineScheduler _scheduler;
    private readonly AnswerRecorder _recorder;
    private readonly EngineClock _clock;
    private readonly Action<QueuedInference, InferenceAnswer> _onAnswer;

    /// <summary>Creates it.</summary>
    /// <param name="spec">What the replica serves.</param>
    /// <param name="state">What it shares with the runner.</param>
    /// <param name="runner">Runs what is queued here.</param>
    /// <param name="scheduler">Gives the runner its turns.</param>
    /// <param name="recorder">Told of every request that is answered or refused.</param>
    /// <param name="clock">Time.</param>
    public ReplicaAdmission(
        ReplicaSpec spec,
        ReplicaState state,
        ReplicaRunner runner,
        IEngineScheduler scheduler,
        AnswerRecorder recorder,
        EngineClock clock
    )
    {
        _spec = spec;
        _state = state;
        _runner = runner;
        _scheduler = scheduler;
        _recorder = recorder;
        _clock = clock;
        // One delegate for all requests.
        _onAnswer = OnAnswer;
    }

    /// <summary>How much the replica is used.</summary>
    public UseScore Use { get; } = new();

    /// <summary>Queues a request, or refuses it and releases its tensors (step 8).</summary>
    /// <param name="request">The request; still the caller's where the replica is closed.</param>
    /// <param name="cancellationToken">Takes it out of the queue again, or out of its run.</param>
    public AdmissionResult Admit(InferenceCall request, CancellationToken cancellationToken)
    {
        // Saves the check of a request that will not be taken; what counts is the look under the lock.
        if (_state.IsClosed)
        {
            return AdmissionResult.Closed;
        }
        if (cancellationToken.IsCancellationRequested)
        {
            return Refuse(request, InferenceError.Cancelled, "the request was cancelled");
        }
        if (RequestCheck.Check(request, _spec.Signature, out string wrong) is not { } queued)
        {
            return Refuse(request, InferenceError.InvalidArgument, wrong);
        }
        ulong priority = _spec.Policy.PriorityOf(request);
        ulong levels = _spec.Policy.PriorityLevels;
        if (levels > 0 && priority > levels)
        {
            string unknown = $"priority {priority} is not one of model '{_spec.Name}', which has levels 1 to {levels}";
            return Refuse(request, InferenceError.InvalidArgument, unknown);
        }

        bool needsTurn;
        bool isForCaller;
        lock (_state.Gate)
        {
            // What is queued after the drain has ended would never be answered.
            if (_state.IsClosed)
            {
                return AdmissionResult.Closed;
            }
            if (_state.Order is { } order && order.Count >= MostInLine)
            {
                return Refuse(request, InferenceError.ResourceExhausted, Backlog(order.Count));
            }
            TimeSpan now = _clock.Now;
            Use.Touch(now);
            queued.RowsAhead = _state.Schedule.Queue.Rows;
            queued.RunsUnderWay = _state.Schedule.Turns;
            QueueAdmission admission = AdmissionPolicy.Admit(_state.Schedule, queued, _spec.Policy, now);
            if (admission.Verdict != AdmissionVerdict.Admitted)
            {
                return Refuse(request, ErrorOf(admission.Verdict), Reason(queued, admission, now));
            }
            Prepare(queued);
            _state.Timer.Set(_state.Schedule, now);
            needsTurn = TurnPolicy.TryAdd(_state.Schedule, now);
            isForCaller = needsTurn && request.MayRunOnCaller && TurnPolicy.IsForCaller(_state.Schedule);
        }

        // Outside the lock, which nobody may hold while a batch runs.
        if (isForCaller && _runner.IsBestAtOnce)
        {
            _scheduler.RunHere(_runner);
        }
        else if (needsTurn)
        {
            _scheduler.Schedule(_runner);
        }
        // Outside the lock too: a token that is cancelled already calls back at once.
        if (cancellationToken.CanBeCanceled && !queued.IsCompleted)
        {
            queued.CancelWith(_runner.OnCancelled, cancellationToken);
        }
        return AdmissionResult.Admitted(queued);
    }

    /// <summary>Refuses a request and releases its tensors.</summary>
    public AdmissionResult Refuse(InferenceCall request, InferenceError error, string message)
    {
        _recorder.RecordRefusal(request, error, message);
        request.Dispose();
        return AdmissionResult.Refused(InferenceAnswer.Failure(request, error, message));
    }

    /// <summary>Gives an admitted request what its runs and its answer need.</summary>
    private void Prepare(QueuedInference queued)
    {
        BatchLimits limits = _state.Schedule.Limits;
        bool isSplit = !limits.OneRequest && !limits.KeepsWhole;
        bool comesInParts = isSplit && queued.Rows > BatchPolicy.Cap(limits, _state.Schedule.Cost.Current);
        queued.Joined = comesInParts ? new JoinedOutputs(queued.Rows) : null;
        queued.OnAnswer = _onAnswer;
        if (!queued.Request.Background)
        {
            _state.Order?.Add(queued);
        }
        queued.Activity = EngineActivity.StartRequest(_spec.Name, _spec.Version, queued.Rows);
    }

    private void OnAnswer(QueuedInference request, InferenceAnswer response)
    {
        AdmissionPolicy.Leave(_state.Schedule, request);
        _recorder.RecordAnswer(request, response, _state.Schedule.Limits, _spec.Policy);
        _state.Order?.Advance();
    }

    /// <summary>
    /// Where answers keep the order of their requests, those that wait for an earlier one are bounded too: they hold
    /// memory.
    /// </summary>
    private int MostInLine
    {
        get
        {
            BatchLimits limits = _state.Schedule.Limits;
            long running = (long)limits.Concurrency * limits.MaxRows;
            return (int)Math.Min(limits.MaxQueuedRequests + running, int.MaxValue);
        }
    }

    private string Backlog(int count) =>
        $"Exceeds maximum queue size: {count} answers of model '{_spec.Name}' wait for earlier ones (preserve_ordering)";

    /// <summary>A deadline that even an idle server could not meet is the caller's; the rest is the load's.</summary>
    private static InferenceError ErrorOf(AdmissionVerdict verdict) =>
        verdict == AdmissionVerdict.NeverInTime ? InferenceError.DeadlineExceeded : InferenceError.ResourceExhausted;

    private string Reason(QueuedInference request, in QueueAdmission admission, TimeSpan now)
    {
        string kind = request.Request.Background ? " for background requests" : "";
        return admission.Verdict switch
        {
            AdmissionVerdict.QueueFull =>
                $"Exceeds maximum queue size: the queue of model '{_spec.Name}' is full{kind}: "
                    + $"{_state.Schedule.Queue.Count} of {admission.Room} requests wait",
            AdmissionVerdict.LevelFull => $"Exceeds maximum queue size: {admission.Room} requests of priority "
                + $"{_spec.Policy.PriorityOf(request.Request)} wait for model '{_spec.Name}', as many as may",
            AdmissionVerdict.OverShare => $"tenant '{request.Request.Tenant}' has its share of the queue of model "
                + $"'{_spec.Name}', in which others wait too",
            _ => $"the deadline in {(request.Deadline - now).TotalMilliseconds:F1} ms cannot be met: model "
                + $"'{_spec.Name}' would answer in about"
                + $" {(admission.PredictedFinish - now).TotalMilliseconds:F1} ms",
        };
    }
}
