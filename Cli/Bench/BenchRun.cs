using System.Collections.Concurrent;
using HdrHistogram;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Cli.Bench;

/// <summary>
/// Sends the requests of a plan and records their latencies. In a closed loop latency counts from sending. In an open
/// loop it counts from when the request was due. So a server that falls behind is charged for the wait (no coordinated
/// omission).
/// </summary>
internal sealed class BenchRun(BenchPlan plan, Func<CancellationToken, Task<InferenceError>> send, TimeProvider time)
{
    private const long MaxMicroseconds = 600_000_000;

    private readonly LongHistogram _histogram = new(1, MaxMicroseconds, 3);
    private readonly ConcurrentDictionary<InferenceError, long> _errors = new();
    private readonly Lock _lock = new();
    private long _sent;
    private long _dropped;

    /// <summary>Share of the measured time that has passed, for a progress bar.</summary>
    public double Progress { get; private set; }

    /// <summary>Loads the server without measuring. It does not exceed an open loop's own rate by far.</summary>
    public Task WarmUpAsync(CancellationToken cancellationToken) =>
        plan.WarmupSeconds <= 0
            ? Task.CompletedTask
            : ClosedAsync(
                plan.WarmupSeconds,
                plan.Arrivals is null ? plan.Concurrency : 1,
                record: false,
                cancellationToken
            );

    /// <summary>Runs the plan and returns its measurements.</summary>
    public async Task<BenchResult> RunAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        if (plan.Arrivals is null)
        {
            await ClosedAsync(plan.Seconds, plan.Concurrency, record: true, cancellationToken);
        }
        else
        {
            await OpenAsync(plan.Arrivals, cancellationToken);
        }
        double elapsed = time.GetElapsedTime(start).TotalSeconds;
        return new BenchResult(
            _histogram,
            _sent,
            _dropped,
            new Dictionary<InferenceError, long>(_errors),
            elapsed,
            plan.Arrivals is null ? null : plan.Arrivals.Count / Math.Max(elapsed, 1e-9)
        );
    }

    private async Task ClosedAsync(double seconds, int callers, bool record, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        await Task.WhenAll(
            Enumerable
                .Range(0, callers)
                .Select(_ =>
                    Task.Run(
                        async () =>
                        {
                            while (time.GetElapsedTime(start).TotalSeconds < seconds)
                            {
                                long begin = time.GetTimestamp();
                                InferenceError error = await send(cancellationToken);
                                if (!record)
                                {
                                    continue;
                                }
                                Record(error, time.GetElapsedTime(begin));
                                Progress = time.GetElapsedTime(start).TotalSeconds / seconds;
                            }
                        },
                        cancellationToken
                    )
                )
        );
    }

    private async Task OpenAsync(IReadOnlyList<double> arrivals, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        using SemaphoreSlim room = new(plan.Concurrency);
        List<Task> running = [];
        foreach (double at in arrivals)
        {
            TimeSpan wait = TimeSpan.FromSeconds(at) - time.GetElapsedTime(start);
            if (wait > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(wait, time, cancellationToken);
            }
            Progress = at / plan.Seconds;
            if (!await room.WaitAsync(0, cancellationToken))
            {
                // More under way than allowed: said in the result, not hidden by sending later.
                _dropped++;
                continue;
            }

            running.Add(SendAsync(TimeSpan.FromSeconds(at), start, room, cancellationToken));
            // A long run must not keep every task that it has begun.
            if (running.Count > 4096)
            {
                running.RemoveAll(task => task.IsCompletedSuccessfully);
            }
        }

        await Task.WhenAll(running);
    }

    private async Task SendAsync(TimeSpan due, long start, SemaphoreSlim room, CancellationToken cancellationToken)
    {
        // The schedule goes on while this request is being written.
        await Task.Yield();
        try
        {
            InferenceError error = await send(cancellationToken);
            Record(error, time.GetElapsedTime(start) - due);
        }
        finally
        {
            room.Release();
        }
    }

    private void Record(InferenceError error, TimeSpan latency)
    {
        lock (_lock)
        {
            _sent++;
            if (error == InferenceError.None)
            {
                _histogram.RecordValue(Math.Clamp((long)latency.TotalMicroseconds, 1, MaxMicroseconds));
            }
            else
            {
                _errors.AddOrUpdate(error, 1, (_, count) => count + 1);
            }
        }
    }
}
