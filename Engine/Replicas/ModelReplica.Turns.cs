using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

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
            _turnWait.Began(now);
            _queue.TakeOverdue(now, thread.Overdue);
            TimeSpan wait = TimeSpan.MaxValue;
            if (_turns > _limits.Concurrency || !_queue.TryTake(now, _limits, _cost.Current, thread.Entries, out wait))
            {
                _turns--;
                if (wait != TimeSpan.MaxValue && now + wait < _wakeAt) WakeAt(now + wait, now);
                if (_turns == 0 && _closed && _queue.Count == 0) _drained.TrySetResult();
            }

            batch = new RunningBatch(thread.RunOptions, thread.Entries.Count);
            foreach (BatchEntry<QueuedInference> entry in thread.Entries)
            {
                // Rows may come in parts although none were expected when the cap has been lowered meanwhile.
                if (!entry.IsWhole) entry.Request.Joined ??= new JoinedOutputs(entry.Request.Rows);
                // With its last rows the batch takes over the queue's hold on the inputs.
                if (!entry.IsLast) entry.Request.AddReader();
                entry.Request.Running.Add(batch);
            }

            schedule = thread.Entries.Count > 0 && TryAddTurn();
            session = _session;
            if (thread.Entries.Count > 0) session.TryAcquire();
        }

        if (schedule) Start();
        RefuseOverdue(thread.Overdue);
        if (thread.Entries.Count == 0) return false;
        Run(session, batch, thread);
        return true;
    }

    private void RefuseOverdue(List<QueuedInference> overdue)
    {
        foreach (QueuedInference request in overdue)
        {
            request.TryFail(InferenceError.DeadlineExceeded, $"the deadline passed after {(_clock.Now - request.Arrival).TotalMilliseconds:F1} ms in the queue of model '{Name}'");
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
            if (seconds is { } measured) _cost.Observe(rows, measured);
            // The thread takes this replica's next turn, behind the others'.
            _turnWait.Asked(_clock.Now);
            _turnsAreShort = _canBeShort && BatchPolicy.IsShort(_limits, _cost.Current);
            foreach (BatchEntry<QueuedInference> entry in thread.Entries)
            {
                entry.Request.Running.Remove(batch);
                // A part failed or was cancelled: its other rows are not worth running.
                if (entry.Request.IsCompleted && _queue.Remove(entry.Request)) entry.Request.ReleaseReader();
            }
        }

        foreach (BatchEntry<QueuedInference> entry in thread.Entries) entry.Request.ReleaseReader();
    }

    private void Start()
    {
        if (_turnsAreShort) _scheduler.ScheduleShort(this);
        else _scheduler.Schedule(this);
    }

    private bool TryAddTurn()
    {
        if (_queue.Count == 0 || _turns >= _limits.Concurrency) return false;
        _turns++;
        _turnWait.Asked(_clock.Now);
        return true;
    }

    private void Wake()
    {
        bool schedule;
        lock (_gate) schedule = TryAddTurn();
        if (schedule) Start();
    }

    private void WakeAt(TimeSpan at, TimeSpan now)
    {
        _wakeAt = at;
        // Timers tick in whole milliseconds.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((at - now).TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        List<QueuedInference> overdue = [];
        lock (_gate)
        {
            TimeSpan now = _clock.Now;
            _wakeAt = TimeSpan.MaxValue;
            _queue.TakeOverdue(now, overdue);
            if (_queue.NextDeadline != TimeSpan.MaxValue && !_closed) WakeAt(_queue.NextDeadline, now);
            if (_turns == 0 && _closed && _queue.Count == 0) _drained.TrySetResult();
        }

        RefuseOverdue(overdue);
        Wake();
    }
}
