using System.Collections.Concurrent;

namespace OrleansInference.Engine.Scheduling;

/// <summary>
/// Where batches run: on the engine's own threads, shared by all replicas, which take turns of one batch each in the
/// order in which they asked. A 20 ms run on the thread pool would delay Orleans' membership probes; only turns that
/// are known to be short run there, because handing them to another thread would cost more than they do.
/// </summary>
internal sealed class EngineScheduler : IEngineScheduler, IDisposable
{
    /// <summary>
    /// Turns that a calling thread takes before it goes back to its own request: enough to spare handovers, few enough
    /// that its answer is not kept waiting for those of others.
    /// </summary>
    private const int TurnsOnCaller = 4;

    /// <summary>Whether this thread is in a turn: what is answered there may bring the next request.</summary>
    [ThreadStatic]
    private static bool _isInTurn;

    private readonly object _gate = new();
    private readonly Queue<IEngineWork> _ready = new();
    private readonly Queue<IEngineWork> _whenIdle = new();
    private readonly List<Thread> _threads = [];
    private readonly ConcurrentStack<EngineThread> _spareStates = [];
    private int _idle;
    private bool _stopping;

    /// <summary>Starts <paramref name="threads"/> ≥ 1 threads.</summary>
    public EngineScheduler(int threads) => EnsureThreads(threads);

    /// <summary>Threads running.</summary>
    public int ThreadCount => _threads.Count;

    /// <summary>
    /// Adds threads up to <paramref name="count"/>: runs on a device only wait, and need more threads than cores.
    /// </summary>
    public void EnsureThreads(int count)
    {
        lock (_gate)
        {
            while (_threads.Count < count && !_stopping)
            {
                Thread thread = new(Loop) { IsBackground = true, Name = $"engine-{_threads.Count}" };
                _threads.Add(thread);
                thread.Start();
            }
        }
    }

    /// <summary>Queues one turn, on the thread pool where it is known to be short (step 10).</summary>
    public void Schedule(IEngineWork work)
    {
        if (work.IsShort)
        {
            ScheduleShort(work);
            return;
        }
        lock (_gate)
        {
            _ready.Enqueue(work);
            if (_idle > 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Queues one turn that a thread takes only when it has nothing else to do.</summary>
    public void ScheduleIdle(IEngineWork work)
    {
        lock (_gate)
        {
            _whenIdle.Enqueue(work);
            if (_idle > 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <inheritdoc />
    public void RunHere(IEngineWork work)
    {
        // A turn within a turn would stack up without end, and runs one after the other what could run side by side.
        if (_isInTurn)
        {
            Schedule(work);
            return;
        }
        EngineThread state = Rent();
        bool again = true;
        for (int turn = 0; again && turn < TurnsOnCaller; turn++)
        {
            again = RunTurn(work, state);
        }
        _spareStates.Push(state);
        if (again)
        {
            Schedule(work);
        }
    }

    /// <summary>Ends the threads after their current turn.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
        while (_spareStates.TryPop(out EngineThread? state))
        {
            state.Dispose();
        }
    }

    /// <summary>
    /// Queues one turn that is known to be short on the thread pool, behind what waits there: requests that are still
    /// being read join its batch, and no thread is woken that was not awake.
    /// </summary>
    private void ScheduleShort(IEngineWork work) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static turn => turn.Scheduler.RunShort(turn.Work),
            (Scheduler: this, Work: work),
            preferLocal: false
        );

    private static bool RunTurn(IEngineWork work, EngineThread state)
    {
        _isInTurn = true;
        try
        {
            return work.RunTurn(state);
        }
        finally
        {
            _isInTurn = false;
        }
    }

    private EngineThread Rent() => _spareStates.TryPop(out EngineThread? state) ? state : new EngineThread();

    private void RunShort(IEngineWork work)
    {
        EngineThread state = Rent();
        bool again = RunTurn(work, state);
        _spareStates.Push(state);
        if (again)
        {
            Schedule(work);
        }
    }

    private void Loop()
    {
        using EngineThread state = new();
        IEngineWork? again = null;
        while (Next(again) is { } work)
        {
            again = RunTurn(work, state) ? work : null;
        }
    }

    private IEngineWork? Next(IEngineWork? again)
    {
        lock (_gate)
        {
            // Behind the others; this thread takes the next turn itself, so nobody needs waking.
            if (again is not null)
            {
                _ready.Enqueue(again);
            }
            while (_ready.Count == 0 && !_stopping)
            {
                if (_whenIdle.TryDequeue(out IEngineWork? spare))
                {
                    return spare;
                }

                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            return _stopping ? null : _ready.Dequeue();
        }
    }
}
