using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// Runs a job's shards: starts them, polls them, and moves those of a lost silo to another. Runs in its job's turns.
/// </summary>
internal sealed class JobShards(IGrainFactory grains, string job, TimeProvider time)
{
    private const int MostFailures = 3;
    private const int MostMissed = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<int, RunningShard> _running = [];
    private Queue<BulkRange> _pending = new();
    private BulkShardPlan? _plan;

    /// <summary>Indexes of shards that are done.</summary>
    public HashSet<int> Done { get; } = [];

    /// <summary>Shards under way.</summary>
    public int Running => _running.Count;

    /// <summary>Rows that they have inferred.</summary>
    public long Rows => _running.Values.Sum(running => running.Rows);

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsEmpty => _running.Count == 0 && _pending.Count == 0;

    /// <summary>Why the job cannot go on; null while it can.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Begins with a job's shards, of which some are done.</summary>
    public void Begin(BulkShardPlan plan, BulkRange[] shards, IEnumerable<int> done)
    {
        _plan = plan;
        Refusal = null;
        _running.Clear();
        Done.Clear();
        Done.UnionWith(done);
        _pending = new Queue<BulkRange>(shards.Where(shard => !Done.Contains(shard.Index)));
    }

    /// <summary>Polls every running shard once, and starts as many as may run.</summary>
    public async Task PollAsync()
    {
        await Task.WhenAll(_running.Values.ToArray().Select(PollAsync));
        List<Task> starting = [];
        while (
            Refusal is null
            && _running.Count < _plan!.Spec.MaxParallelShards
            && _pending.TryDequeue(out BulkRange range)
        )
        {
            RunningShard running = new(range);
            _running.Add(range.Index, running);
            starting.Add(StartAsync(running));
        }

        await Task.WhenAll(starting);
    }

    /// <summary>Cancels all runs whose silos answer, and queues their shards again.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(
            _running.Values.Select(running =>
                CallAsync(
                    running,
                    async shard =>
                    {
                        await shard.CancelAsync();
                        return true;
                    }
                )
            )
        );
        foreach (RunningShard running in _running.Values)
        {
            _pending.Enqueue(running.Range);
        }
        _running.Clear();
    }

    private async Task PollAsync(RunningShard running)
    {
        if (await CallAsync(running, shard => shard.GetProgressAsync()) is not { } progress)
        {
            if (++running.Missed < MostMissed)
            {
                return;
            }
            // Another key is another grain, which may be placed elsewhere while that silo is still taken for alive.
            // Should both attempts end, they write the same rows.
            running.Attempt = running.Attempt + 1;
            running.Missed = 0;
            await StartAsync(running);
            return;
        }

        running.Missed = 0;
        running.Rows = progress.Rows;
        switch (progress.State)
        {
            case BulkShardState.Done when File.Exists(ShardRun.Part(_plan!.Parts, running.Range.Index)):
                _running.Remove(running.Range.Index);
                Done.Add(running.Range.Index);
                break;
            case BulkShardState.Done:
                running.Attempt++;
                await RetryAsync(
                    running,
                    $"its part is not in '{_plan!.Parts}': the output's folder must be the same on every silo"
                );
                break;
            case BulkShardState.Idle:
                await StartAsync(running);
                break;
            case BulkShardState.Failed:
                await RetryAsync(running, progress.Error);
                break;
            case BulkShardState.Refused:
                Refusal ??= progress.Error;
                break;
        }
    }

    private async Task RetryAsync(RunningShard running, string error)
    {
        if (++running.Failures < MostFailures)
        {
            await StartAsync(running);
        }
        else
        {
            Refusal ??=
                $"shard {running.Range.Index} (rows {running.Range.Start} to {running.Range.End - 1}) failed "
                + $"{MostFailures} times: {error}";
        }
    }

    private Task<bool> StartAsync(RunningShard running) =>
        CallAsync(
            running,
            async shard =>
            {
                await shard.StartAsync(_plan!, running.Range);
                return true;
            }
        );

    /// <summary>Calls a shard's grain. Returns the default where its silo does not answer in time.</summary>
    private async Task<T?> CallAsync<T>(RunningShard running, Func<IBulkShardGrain, Task<T>> call)
    {
        try
        {
            return await call(
                    grains.GetGrain<IBulkShardGrain>(
                        $"{job}/{Path.GetFileName(_plan!.Parts)}/{running.Range.Index}/{running.Attempt}"
                    )
                )
                .WaitAsync(Patience, time);
        }
        catch (Exception exception)
            when (exception is OrleansException or TimeoutException or OperationCanceledException)
        {
            return default;
        }
    }

    private sealed class RunningShard(BulkRange range)
    {
        public BulkRange Range => range;

        public int Attempt { get; set; }

        public int Missed { get; set; }

        public int Failures { get; set; }

        public long Rows { get; set; }
    }
}
