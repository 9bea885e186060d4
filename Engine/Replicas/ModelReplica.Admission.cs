using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <content>Who may queue.</content>
public sealed partial class ModelReplica
{
    /// <summary>
    /// Queues the request; an answer at once where it is refused, and neither where it came too late for this replica.
    /// </summary>
    private InferenceResponse? Admit(
        InferenceRequest request,
        CancellationToken cancellationToken,
        out QueuedInference? queued
    )
    {
        queued = null;
        if (cancellationToken.IsCancellationRequested)
        {
            return Refuse(request, InferenceError.Cancelled, "the request was cancelled");
        }
        if (RequestCheck.Check(request, Signature, out string wrong) is not { } next)
        {
            return Refuse(request, InferenceError.InvalidArgument, wrong);
        }

        uint priority = Policy.PriorityOf(request);
        if (Policy.PriorityLevels > 0 && priority > Policy.PriorityLevels)
        {
            string levels =
                $"priority {priority} is not one of model '{Name}', which has levels 1 to {Policy.PriorityLevels}";
            return Refuse(request, InferenceError.InvalidArgument, levels);
        }

        bool schedule;
        lock (_gate)
        {
            if (_closed)
            {
                return null;
            }
            TimeSpan now = _clock.Now;
            Use.Touch(now);
            next.RowsAhead = _schedule.Queue.Rows;
            next.RunsUnderWay = _schedule.Turns;
            QueueAdmission admission = AdmissionPolicy.Admit(_schedule, next, Policy, now);
            if (Refusal(next, admission, now, out InferenceError error) is { } refusal)
            {
                return Refuse(request, error, refusal);
            }

            BatchLimits limits = _schedule.Limits;
            bool comesInParts = !limits.OneRequest && next.Rows > BatchPolicy.Cap(limits, _schedule.Cost.Current);
            next.Joined = comesInParts ? new JoinedOutputs(next.Rows) : null;
            next.OnAnswer = _onAnswer;
            next.Activity = EngineActivity.StartRequest(Name, Version, next.Rows);
            SetTimer(now);
            schedule = TurnPolicy.TryAdd(_schedule, now);
        }

        if (schedule)
        {
            Start();
        }
        queued = next;
        return null;
    }

    /// <summary>Why a request was not let in; null where it was.</summary>
    private string? Refusal(
        QueuedInference request,
        in QueueAdmission admission,
        TimeSpan now,
        out InferenceError error
    )
    {
        error =
            admission.Verdict == AdmissionVerdict.NeverInTime
                ? InferenceError.DeadlineExceeded
                : InferenceError.ResourceExhausted;
        string kind = request.Request.Background ? " for background requests" : "";
        return admission.Verdict switch
        {
            AdmissionVerdict.Admitted => null,
            AdmissionVerdict.QueueFull =>
                $"the queue of model '{Name}' is full{kind}: {_schedule.Queue.Count} of {admission.Room} requests wait",
            AdmissionVerdict.OverShare =>
                $"tenant '{request.Request.Tenant}' has its share of the queue of model '{Name}', in "
                    + $"which others wait too",
            _ => $"the deadline in {(request.Deadline - now).TotalMilliseconds:F1} ms cannot be met: model "
                + $"'{Name}' would answer in about"
                + $" {(admission.PredictedFinish - now).TotalMilliseconds:F1} ms",
        };
    }

    private InferenceResponse Refuse(InferenceRequest request, InferenceError error, string message)
    {
        _recorder.Refused(request, error, message);
        request.Dispose();
        return InferenceResponse.Failure(request, error, message);
    }
}
