using System.Collections.Concurrent;
using OrleansInference.Engine.Scheduling;

namespace OrleansInference.Engine.Tests.Scheduling;

public sealed class EngineSchedulerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _turns = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Schedule_WorkThatWantsMoreTurns_GoesBehindTheOthers()
    {
        using EngineScheduler scheduler = new(threads: 1);
        using ManualResetEventSlim open = new();
        TaskCompletionSource began = Signal();
        TaskCompletionSource done = Signal();
        scheduler.Schedule(new Work(_ => Block(began, open)));
        await began.Task.WaitAsync(Limit, Token);
        int left = 3;
        scheduler.Schedule(new Work(_ => Turn("a", --left > 0, left == 0 ? done : null)));
        scheduler.Schedule(new Work(_ => Turn("b", again: false)));
        scheduler.Schedule(new Work(_ => Turn("c", again: false)));

        open.Set();
        await done.Task.WaitAsync(Limit, Token);

        Assert.Equal(["a", "b", "c", "a", "a"], _turns);
    }

    [Fact]
    public async Task ScheduleIdle_OtherWorkWaits_ComesAfterAllOfIt()
    {
        using EngineScheduler scheduler = new(threads: 1);
        using ManualResetEventSlim open = new();
        TaskCompletionSource began = Signal();
        TaskCompletionSource done = Signal();
        scheduler.Schedule(new Work(_ => Block(began, open)));
        await began.Task.WaitAsync(Limit, Token);
        scheduler.ScheduleIdle(new Work(_ => Turn("idle", again: false, done)));
        scheduler.Schedule(new Work(_ => Turn("a", again: false)));
        scheduler.Schedule(new Work(_ => Turn("b", again: false)));

        open.Set();
        await done.Task.WaitAsync(Limit, Token);

        Assert.Equal(["a", "b", "idle"], _turns);
    }

    [Fact]
    public async Task Schedule_AsManyAsThreads_RunSideBySideOnTheEnginesOwnThreads()
    {
        using EngineScheduler scheduler = new(threads: 1);
        scheduler.EnsureThreads(3);
        scheduler.EnsureThreads(2);
        using CountdownEvent together = new(3);
        List<Task<string>> names = [];
        for (int i = 0; i < 3; i++)
        {
            TaskCompletionSource<string> name = new(TaskCreationOptions.RunContinuationsAsynchronously);
            names.Add(name.Task);
            scheduler.Schedule(
                new Work(_ =>
                {
                    // Each holds its thread until all three have one.
                    together.Signal();
                    together.Wait(Limit);
                    name.SetResult(Thread.CurrentThread.Name ?? "");
                    return false;
                })
            );
        }

        string[] threads = await Task.WhenAll(names).WaitAsync(Limit, Token);

        Assert.Equal(3, scheduler.ThreadCount);
        Assert.Equal(["engine-0", "engine-1", "engine-2"], threads.Order());
    }

    [Fact]
    public async Task Schedule_ShortWorkThatWantsMoreTurns_RunsOnTheThreadPoolUntilItIsDone()
    {
        using EngineScheduler scheduler = new(threads: 1);
        TaskCompletionSource done = Signal();
        ConcurrentQueue<bool> pooled = new();
        int left = 3;

        scheduler.Schedule(
            new Work(
                _ =>
                {
                    pooled.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
                    return Turn("short", --left > 0, left == 0 ? done : null);
                },
                isShort: true
            )
        );
        await done.Task.WaitAsync(Limit, Token);

        Assert.Equal([true, true, true], pooled);
    }

    [Fact]
    public async Task RunHere_WorkThatWantsManyTurns_TakesAFewOnThisThreadAndHandsTheRestOver()
    {
        using EngineScheduler scheduler = new(threads: 1);
        TaskCompletionSource done = Signal();
        ConcurrentQueue<int> threads = new();
        int here = Environment.CurrentManagedThreadId;
        int left = 6;

        scheduler.RunHere(
            new Work(_ =>
            {
                threads.Enqueue(Environment.CurrentManagedThreadId);
                return Turn("turn", --left > 0, left == 0 ? done : null);
            })
        );
        Assert.Equal(4, threads.Count(thread => thread == here));
        await done.Task.WaitAsync(Limit, Token);

        Assert.Equal(6, threads.Count);
        Assert.Equal(4, threads.Count(thread => thread == here));
    }

    [Fact]
    public async Task RunHere_InATurn_QueuesInsteadOfRunningWithinIt()
    {
        using EngineScheduler scheduler = new(threads: 1);
        TaskCompletionSource done = Signal();
        using ManualResetEventSlim outerIsOver = new();
        // Within the outer turn it would wait in vain.
        Work inner = new(_ => outerIsOver.Wait(Limit) && Turn("inner", again: false, done));

        scheduler.RunHere(
            new Work(_ =>
            {
                scheduler.RunHere(inner);
                return Turn("outer", again: false);
            })
        );
        outerIsOver.Set();
        Assert.Equal("outer", _turns.First());
        await done.Task.WaitAsync(Limit, Token);

        Assert.Equal(["outer", "inner"], _turns);
    }

    [Fact]
    public async Task Dispose_ATurnUnderWay_IsFinishedAndWhatWaitsIsNotBegun()
    {
        EngineScheduler scheduler = new(threads: 1);
        using ManualResetEventSlim open = new();
        TaskCompletionSource began = Signal();
        scheduler.Schedule(new Work(_ => Block(began, open) | Turn("under way", again: false)));
        await began.Task.WaitAsync(Limit, Token);
        Task disposed = Task.Factory.StartNew(
            scheduler.Dispose,
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        Assert.False(disposed.IsCompleted);
        open.Set();

        await disposed.WaitAsync(Limit, Token);
        scheduler.Schedule(new Work(_ => Turn("late", again: false)));

        Assert.Equal(["under way"], _turns);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static bool Block(TaskCompletionSource began, ManualResetEventSlim open)
    {
        began.SetResult();
        open.Wait(Limit);
        return false;
    }

    private bool Turn(string name, bool again, TaskCompletionSource? done = null)
    {
        _turns.Enqueue(name);
        done?.SetResult();
        return again;
    }

    private sealed class Work(Func<EngineThread, bool> turn, bool isShort = false) : IEngineWork
    {
        public bool IsShort => isShort;

        public bool RunTurn(EngineThread thread) => turn(thread);
    }
}
