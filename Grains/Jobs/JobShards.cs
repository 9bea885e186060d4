using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// A job's shards under way: hands them out, looks at them, and gives those of a lost silo to another. Lives in its
/// job's turns.
/// </summary>
internal sealed class JobShards(IGrainFactory grains, string job, TimeProvider time)
{
    private const int MostFailures = 3;
    private const int MostMissed = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<int, Live> _running = [];
    private Queue<BulkRange> _pending = new();
    private BulkShardPlan? _plan;

    /// <summary>Indexes of shards that are done.</summary>
    public HashSet<int> Done { get; } = [];

    /// <summary>Shards under way.</summary>
    public int Running => _running.Count;

    /// <summary>Rows that they have inferred.</summary>
    public long Rows => _running.Values.Sum(live => live.Rows);

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsEmpty => _running.Count == 0 && _pending.Count == 0;

    /// <summary>Why the job cannot go on; null while it can.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes up a job's shards, of which some are done.</summary>
    public void Begin(BulkShardPlan plan, BulkRange[] shards, IEnumerable<int> done)
    {
        _plan = plan;
        Refusal = null;
        _running.Clear();
        Done.Clear();
        Done.UnionWith(done);
        _pending = new Queue<BulkRange>(shards.Where(shard => !Done.Contains(shard.Index)));
    }

    /// <summary>Looks at every shard under way once, and starts as many as may run.</summary>
    public async Task LookAsync()
    {
        await Task.WhenAll(_running.Values.ToArray().Select(LookAsync));
        List<Task> starting = [];
        while (
            Refusal is null
            && _running.Count < _plan!.Spec.MaxParallelShards
            && _pending.TryDequeue(out BulkRange range)
        )
        {
            Live live = new(range);
            _running.Add(range.Index, live);
            starting.Add(StartAsync(live));
        }

        await Task.WhenAll(starting);
    }

    /// <summary>Ends all runs, as far as their silos answer.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(
            _running.Values.Select(live =>
                AskAsync(
                    live,
                    async shard =>
                    {
                        await shard.CancelAsync();
                        return true;
                    }
                )
            )
        );
        foreach (Live live in _running.Values)
        {
            _pending.Enqueue(live.Range);
        }
        _running.Clear();
    }

    private async Task LookAsync(Live live)
    {
        if (await AskAsync(live, shard => shard.GetProgressAsync()) is not { } progress)
        {
            if (++live.Missed < MostMissed)
            {
                return;
            }
            // Another grain, which lives elsewhere if that silo is still taken for alive; should both end, they write
            // the same rows.
            live.Attempt = live.Attempt + 1;
            live.Missed = 0;
            await StartAsync(live);
            return;
        }

        live.Missed = 0;
        live.Rows = progress.Rows;
        switch (progress.State)
        {
            case BulkShardState.Done when File.Exists(ShardRun.Part(_plan!.Parts, live.Range.Index)):
                _running.Remove(live.Range.Index);
                Done.Add(live.Range.Index);
                break;
            case BulkShardState.Done:
                live.Attempt++;
                await FailedAsync(
                    live,
                    $"its part is not in '{_plan!.Parts}': the output's folder must be the same on every silo"
                );
                break;
            case BulkShardState.Idle:
                await StartAsync(live);
                break;
            case BulkShardState.Failed:
                await FailedAsync(live, progress.Error);
                break;
            case BulkShardState.Refused:
                Refusal ??= progress.Error;
                break;
        }
    }

    private async Task FailedAsync(Live live, string error)
    {
        if (++live.Failures < MostFailures)
        {
            await StartAsync(live);
        }
        else
        {
            Refusal ??=
                $"shard {live.Range.Index} (rows {live.Range.Start} to {live.Range.End - 1}) failed "
                + $"{MostFailures} times: {error}";
        }
    }

    private Task<bool> StartAsync(Live live) =>
        AskAsync(
            live,
            async shard =>
            {
                await shard.StartAsync(_plan!, live.Range);
                return true;
            }
        );

    /// <summary>Asks a shard's grain; nothing where its silo does not answer soon.</summary>
    private async Task<T?> AskAsync<T>(Live live, Func<IBulkShardGrain, Task<T>> ask)
    {
        try
        {
            return await ask(
                    grains.GetGrain<IBulkShardGrain>(
                        $"{job}/{Path.GetFileName(_plan!.Parts)}/{live.Range.Index}/{live.Attempt}"
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

    private sealed class Live(BulkRange range)
    {
        public BulkRange Range => range;

        public int Attempt { get; set; }

        public int Missed { get; set; }

        public int Failures { get; set; }

        public long Rows { get; set; }
    }
}
