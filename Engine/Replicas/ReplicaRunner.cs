using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;
using OrleansInference.Scheduling.Turns;

namespace OrleansInference.Engine.Replicas;

/// <summary>Takes a replica's turns: each takes the next batch out of the queue and runs it.</summary>
internal sealed class ReplicaRunner : IEngineWork
{
    private readonly ReplicaSpec _spec;
    private readonly ReplicaState _state;
    private readonly BatchExecutor _executor;
    private readonly IEngineScheduler _scheduler;
    private readonly EngineClock _clock;
    private readonly bool _canBeShort;
    private volatile bool _isShort;
    private volatile bool _isBestAtOnce;

    /// <summary>Creates it, with no turn under way.</summary>
    /// <param name="spec">What the replica serves.</param>
    /// <param name="state">What it shares with the admission.</param>
    /// <param name="executor">Runs a batch and answers its requests.</param>
    /// <param name="scheduler">Gives it its turns.</param>
    /// <param name="clock">Time.</param>
    public ReplicaRunner(
        ReplicaSpec spec,
        ReplicaState state,
        BatchExecutor executor,
        IEngineScheduler scheduler,
        EngineClock clock
    )
    {
        _spec = spec;
        _state = state;
        _executor = executor;
        _scheduler = scheduler;
        _clock = clock;
        // A run's time can be told beforehand only where shapes are fixed; one on a device waits, which the pool must
        // not.
        _canBeShort =
            spec.Signature.Inputs.All(input => input.IsFixed)
            && state.Session.Settings.Provider == ExecutionProviderChoice.Cpu;
        ReadCost();
        OnCancelled = Cancel;
        state.Timer.Fired += OnTimer;
    }

    /// <inheritdoc />
    public bool IsShort => _isShort;

    /// <summary>Whether a request is better run by the thread that brought it than handed over.</summary>
    public bool IsBestAtOnce => _isBestAtOnce;

    /// <summary>Takes a request whose caller has gone out of the queue, or out of its run. One for all requests.</summary>
    public Action<QueuedInference> OnCancelled { get; }

    /// <summary>Takes the next batch and runs it (step 11).</summary>
    /// <param name="thread">The engine thread's own state.</param>
    public bool RunTurn(EngineThread thread)
    {
        thread.Entries.Clear();
        RunningBatch? batch = null;
        ModelSession session;
        bool needsTurn = false;
        lock (_state.Gate)
        {
            TimeSpan now = _clock.Now;
            session = _state.Session;
            if (TurnPolicy.TryBegin(_state.Schedule, now, thread.Entries, thread.Overdue))
            {
                batch = new RunningBatch(thread.RunOptions, thread.Entries.Count);
                Prepare(thread.Entries, batch);
                needsTurn = TurnPolicy.TryAdd(_state.Schedule, now);
                session.TryAcquire();
            }
            else
            {
                _state.Timer.Set(_state.Schedule, now);
                _state.EndDrain();
            }
        }

        if (needsTurn)
        {
            _scheduler.Schedule(this);
        }
        RefuseOverdue(thread.Overdue);
        if (batch is null)
        {
            return false;
        }
        Run(session, batch, thread);
        return true;
    }

    /// <summary>Asks for a turn, where there is work and fewer are under way than may be.</summary>
    public void Wake()
    {
        bool needsTurn;
        lock (_state.Gate)
        {
            needsTurn = TurnPolicy.TryAdd(_state.Schedule, _clock.Now);
        }
        if (needsTurn)
        {
            _scheduler.Schedule(this);
        }
    }

    private void ReadCost()
    {
        BatchLimits limits = _state.Schedule.Limits;
        BatchCost cost = _state.Schedule.Cost.Undisturbed;
        _isShort = _canBeShort && BatchPolicy.IsShort(limits, cost);
        _isBestAtOnce = _isShort && BatchPolicy.IsBestAtOnce(limits, cost);
    }

    private void Prepare(List<BatchEntry<QueuedInference>> entries, RunningBatch batch)
    {
        foreach (BatchEntry<QueuedInference> entry in entries)
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
        _state.Deadlines.Add(entries);
    }

    private void Run(ModelSession session, RunningBatch batch, EngineThread thread)
    {
        int rows = RowsOf(thread.Entries);
        double? seconds = _executor.Execute(session, thread.Entries, rows, batch, thread);
        session.Release();
        lock (_state.Gate)
        {
            TurnPolicy.End(_state.Schedule, rows, seconds, _clock.Now);
            ReadCost();
            _state.Deadlines.Remove(thread.Entries);
            foreach (BatchEntry<QueuedInference> entry in thread.Entries)
            {
                entry.Request.Running.Remove(batch);
                // A part failed or was cancelled: its other rows are not worth running.
                if (entry.Request.IsCompleted && _state.Schedule.Queue.Remove(entry.Request))
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

    private static int RowsOf(List<BatchEntry<QueuedInference>> entries)
    {
        int rows = 0;
        foreach (BatchEntry<QueuedInference> entry in entries)
        {
            rows += entry.Rows;
        }
        return rows;
    }

    private void RefuseOverdue(List<QueuedInference> overdue)
    {
        foreach (QueuedInference request in overdue)
        {
            Expire(request, "in the queue");
            request.ReleaseReader();
        }

        overdue.Clear();
    }

    /// <summary>Answers a request whose deadline has passed. The caller does not hold the lock.</summary>
    private void Expire(QueuedInference request, string where)
    {
        double milliseconds = (_clock.Now - request.Arrival).TotalMilliseconds;
        string message =
            $"Request timeout expired: the deadline passed after {milliseconds:F1} ms {where} of model '{_spec.Name}'";
        bool isFirst = request.TryFail(InferenceError.DeadlineExceeded, message);
        // Of one that comes in parts, some may run while the rest waits.
        if (!isFirst || request.RowsTaken == 0)
        {
            return;
        }
        lock (_state.Gate)
        {
            request.Running.GiveUp();
        }
    }

    private void OnTimer()
    {
        List<QueuedInference> overdue = [];
        List<QueuedInference> runsOverdue = [];
        lock (_state.Gate)
        {
            TimeSpan now = _clock.Now;
            _state.Timer.Clear();
            TimeSpan nextOfRuns = _state.Deadlines.FindOverdue(now, runsOverdue);
            if (_state.Order?.FindOverdue(now, runsOverdue) is { } nextInLine && nextInLine < nextOfRuns)
            {
                nextOfRuns = nextInLine;
            }
            TurnPolicy.Wake(_state.Schedule, now, overdue, nextOfRuns);
            _state.Timer.Set(_state.Schedule, now);
            _state.EndDrain();
        }

        RefuseOverdue(overdue);
        foreach (QueuedInference request in runsOverdue)
        {
            Expire(request, "in a run");
        }
        Wake();
    }

    private void Cancel(QueuedInference request)
    {
        if (!request.TryFail(InferenceError.Cancelled, "the request was cancelled"))
        {
            return;
        }
        lock (_state.Gate)
        {
            if (_state.Schedule.Queue.Remove(request))
            {
                request.ReleaseReader();
            }
            request.Running.GiveUp();
            _state.EndDrain();
        }
    }
}
