using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Jobs.Formats;

namespace OrleansInference.Grains.Jobs;

/// <content>The steps of the state machine, which a timer drives.</content>
internal sealed partial class BulkJobGrain
{
    private void StartTimer()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        _split = null;
        _merge = null;
        _begun = false;
        TimeSpan period = TimeSpan.FromMilliseconds(_options.PeriodMilliseconds);
        _timer?.Dispose();
        _timer = this.RegisterGrainTimer(
            _ => AdvanceAsync(),
            new GrainTimerCreationOptions(TimeSpan.Zero, period) { KeepAlive = true }
        );
    }

    /// <summary>
    /// Queues the shards that have no part yet. The parts on disk decide what is done, not the record.
    /// </summary>
    private void BeginShards()
    {
        _shards.Begin(Record.Plan!, Record.Shards, JobFiles.FindDone(Record.Plan!, Record.Shards));
        _begun = true;
    }

    private async Task StopAsync()
    {
        _timer?.Dispose();
        _timer = null;
        await _stop.CancelAsync();
        await _shards.StopAsync();
        foreach (Task? work in new[] { _split, _merge })
        {
            if (work is not null)
            {
                await work.ConfigureAwait(
                    ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext
                );
            }
        }
    }

    private async Task AdvanceAsync()
    {
        try
        {
            switch (Record.State)
            {
                case BulkJobState.Preparing:
                    await PrepareAsync();
                    break;
                case BulkJobState.Running:
                    await RunAsync();
                    break;
                case BulkJobState.Merging:
                    await MergeAsync();
                    break;
                default:
                    await EndAsync();
                    break;
            }
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            LogInterrupted(Id, exception);
        }
        catch (Exception exception)
        {
            await FailAsync(exception.Message);
        }
    }

    private async Task PrepareAsync()
    {
        BulkJobSpec spec = Record.Plan!.Spec;
        CancellationToken token = _stop.Token;
        // Beside the turns, which stay short, so that status and cancellation are answered meanwhile.
        _split ??= Task.Run(
            () =>
                RowFormats
                    .Find(spec.InputFormat, spec.Input, "input_format")
                    .SplitAsync(spec.Input, spec.RowsPerShard, token),
            token
        );
        if (!_split.IsCompleted)
        {
            return;
        }
        BulkRange[] shards = await _split;
        if (shards.Length == 0)
        {
            throw Invalid($"'{spec.Input}' has no rows");
        }
        int[] done = JobFiles.FindDone(Record.Plan, shards);
        await StoreAsync(
            Record with
            {
                State = BulkJobState.Running,
                Shards = shards,
                Done = done,
                Recovered = done.Length,
            }
        );
        LogPrepared(Id, shards.Length, done.Length);
    }

    private async Task RunAsync()
    {
        if (!_begun)
        {
            BeginShards();
        }
        long rows = _shards.Rows;
        await _shards.PollAsync();
        if (_shards.Done.Count != Record.Done.Length)
        {
            await StoreAsync(Record with { Done = [.. _shards.Done.Order()] });
        }
        else if (rows != _shards.Rows)
        {
            NotifyChanged();
        }
        if (_shards.Refusal is { } refusal)
        {
            throw Invalid(refusal);
        }
        if (!_shards.IsEmpty)
        {
            return;
        }
        // Once more by what is on disk: a part may have gone since it was counted.
        BeginShards();
        if (_shards.IsEmpty)
        {
            await StoreAsync(Record with { State = BulkJobState.Merging });
        }
    }

    private async Task MergeAsync()
    {
        BulkShardPlan plan = Record.Plan!;
        BulkRange[] shards = Record.Shards;
        CancellationToken token = _stop.Token;
        _merge ??= Task.Run(() => JobFiles.MergeAsync(plan, shards, token), token);
        if (!_merge.IsCompleted)
        {
            return;
        }
        await _merge;
        // Only now: until it is written that the job is complete, its parts are what another merge would need.
        await StoreAsync(Record with { State = BulkJobState.Completed, Ended = _time.GetUtcNow() });
        LogCompleted(Id, shards[^1].End);
        RemoveParts();
        await EndAsync();
    }

    private async Task FailAsync(string reason)
    {
        await StopAsync();
        await StoreAsync(Record with { State = BulkJobState.Failed, Error = reason, Ended = _time.GetUtcNow() });
        LogFailed(Id, reason);
        await EndAsync();
    }

    private void RemoveParts()
    {
        string output = Record.Plan!.Spec.Output;
        try
        {
            if (JobFiles.FindOwner(output) == Id)
            {
                JobFiles.Remove(JobFiles.Folder(output));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogPartsLeft(Id, JobFiles.Folder(output), exception);
        }
    }

    private async Task EndAsync()
    {
        _timer?.Dispose();
        _timer = null;
        await DeregisterAsync();
    }
}
