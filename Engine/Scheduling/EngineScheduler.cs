using System.Collections.Concurrent;

namespace OrleansInference.Engine.Scheduling;

/// <summary>
/// Where batches run: on the engine's own threads, shared by all replicas, which take turns of one batch each in the
/// order in which they asked. A 20 ms run on the thread pool would delay Orleans' membership probes; only turns that
/// are known to be short run there, because handing them to another thread would cost more than they do.
/// </summary>
internal sealed class EngineScheduler : IEngineScheduler, IDisposable
{
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

    private void RunShort(IEngineWork work)
    {
        if (!_spareStates.TryPop(out EngineThread? state))
        {
            state = new EngineThread();
        }
        bool again = work.RunTurn(state);
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
            again = work.RunTurn(state) ? work : null;
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
