using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <content>How it takes its turns on the engine's threads.</content>
public sealed partial class ModelReplica
{
    /// <inheritdoc />
    bool IEngineWork.RunTurn(EngineThread thread)
    {
        thread.Entries.Clear();
        RunningBatch batch;
        ModelSession session;
        bool schedule;
        lock (_gate)
        {
            TimeSpan now = _clock.Now;
            if (!TurnPolicy.TryBegin(_schedule, now, thread.Entries, thread.Overdue))
            {
                SetTimer(now);
                EndDrain();
            }

            batch = new RunningBatch(thread.RunOptions, thread.Entries.Count);
            foreach (BatchEntry<QueuedInference> entry in thread.Entries)
            {
                // Rows may come in parts although none were expected when the cap has been lowered meanwhile.
                if (!entry.IsWhole)
                {
                    entry.Request.Joined ??= new JoinedOutputs(entry.Request.Rows);
                }
                // With its last rows the batch takes over the queue's hold on the inputs.
                if (!entry.IsLast)
                {
                    entry.Request.AddReader();
                }
                entry.Request.Running.Add(batch);
            }

            schedule = thread.Entries.Count > 0 && TurnPolicy.TryAdd(_schedule, now);
            session = _session;
            if (thread.Entries.Count > 0)
            {
                session.TryAcquire();
            }
        }

        if (schedule)
        {
            Start();
        }
        RefuseOverdue(thread.Overdue);
        if (thread.Entries.Count == 0)
        {
            return false;
        }
        Run(session, batch, thread);
        return true;
    }

    private void RefuseOverdue(List<QueuedInference> overdue)
    {
        foreach (QueuedInference request in overdue)
        {
            request.TryFail(
                InferenceError.DeadlineExceeded,
                $"the deadline passed after {(_clock.Now - request.Arrival).TotalMilliseconds:F1} ms in "
                    + $"the queue of model '{Name}'"
            );
            request.ReleaseReader();
        }

        overdue.Clear();
    }

    private void Run(ModelSession session, RunningBatch batch, EngineThread thread)
    {
        int rows = thread.Entries.Sum(entry => entry.Rows);
        double? seconds = _executor.Execute(session, thread.Entries, batch, thread);
        session.Release();
        lock (_gate)
        {
            TurnPolicy.End(_schedule, rows, seconds, _clock.Now);
            _turnsAreShort = _canBeShort && BatchPolicy.IsShort(_schedule.Limits, _schedule.Cost.Current);
            foreach (BatchEntry<QueuedInference> entry in thread.Entries)
            {
                entry.Request.Running.Remove(batch);
                // A part failed or was cancelled: its other rows are not worth running.
                if (entry.Request.IsCompleted && _schedule.Queue.Remove(entry.Request))
                {
                    entry.Request.ReleaseReader();
                }
            }
        }

        foreach (BatchEntry<QueuedInference> entry in thread.Entries)
        {
            entry.Request.ReleaseReader();
        }
    }

    private void Start()
    {
        if (_turnsAreShort)
        {
            _scheduler.ScheduleShort(this);
        }
        else
        {
            _scheduler.Schedule(this);
        }
    }

    private void Wake()
    {
        bool schedule;
        lock (_gate)
        {
            schedule = TurnPolicy.TryAdd(_schedule, _clock.Now);
        }
        if (schedule)
        {
            Start();
        }
    }

    /// <summary>Sets the timer to when the schedule asks to be woken.</summary>
    private void SetTimer(TimeSpan now)
    {
        TimeSpan at = _schedule.WakeAt;
        if (at == _timerAt)
        {
            return;
        }
        _timerAt = at;
        if (at != TimeSpan.MaxValue)
        {
            _timer.Change(_schedule.TimeToWake(now), Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        List<QueuedInference> overdue = [];
        lock (_gate)
        {
            TimeSpan now = _clock.Now;
            _timerAt = TimeSpan.MaxValue;
            TurnPolicy.Wake(_schedule, now, overdue);
            SetTimer(now);
            EndDrain();
        }

        RefuseOverdue(overdue);
        Wake();
    }

    /// <summary>Ends <see cref="DrainAsync"/> once the last request has been answered.</summary>
    private void EndDrain()
    {
        if (_closed && _schedule.IsIdle)
        {
            _drained.TrySetResult();
        }
    }
}
