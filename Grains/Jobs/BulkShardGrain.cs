using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>
/// One shard on some silo. It stores nothing: a new activation knows of no run, and so its job learns that a silo was
/// lost. The run is outside the grain's turns, so that a call for its progress never waits for it.
/// </summary>
[RandomPlacement]
[Immovable]
internal sealed partial class BulkShardGrain(
    IRequestDispatcher dispatcher,
    IOptions<JobOptions> options,
    TimeProvider time,
    ILogger<BulkShardGrain> logger
) : Grain, IBulkShardGrain, IDisposable
{
    private CancellationTokenSource? _cancel;
    private ShardRun? _run;
    private Task<BulkShardProgress>? _ended;

    /// <inheritdoc />
    public async Task StartAsync(BulkShardPlan plan, BulkRange range)
    {
        // Done counts while the part is there: a cancelled job that is started again has none.
        if (
            _ended is { IsCompleted: false }
            || (
                _ended is not null
                && (await _ended).State == BulkShardState.Done
                && File.Exists(ShardRun.Part(plan.Parts, range.Index))
            )
        )
        {
            return;
        }
        _cancel?.Dispose();
        _cancel = new CancellationTokenSource();
        ShardRequests requests = new(dispatcher, plan, TimeSpan.FromSeconds(options.Value.PatienceSeconds), time);
        ShardRun run = new(requests, plan, range, options.Value.RequestsInFlight);
        CancellationToken token = _cancel.Token;
        _run = run;
        // Started whatever the token says: the run itself answers that it was cancelled.
        _ended = Task.Run(() => EndAsync(run, token), CancellationToken.None);
    }

    /// <inheritdoc />
    public async Task<BulkShardProgress> GetProgressAsync()
    {
        if (_run is null || _ended is null)
        {
            return new BulkShardProgress(BulkShardState.Idle, 0, "");
        }
        return _ended.IsCompleted ? await _ended : new BulkShardProgress(BulkShardState.Running, _run.Rows, "");
    }

    /// <inheritdoc />
    public async Task CancelAsync()
    {
        await StopAsync();
        DeactivateOnIdle();
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) =>
        StopAsync();

    /// <inheritdoc />
    public void Dispose() => _cancel?.Dispose();

    private async Task StopAsync()
    {
        if (_cancel is null || _ended is null)
        {
            return;
        }
        await _cancel.CancelAsync();
        await _ended;
    }

    private async Task<BulkShardProgress> EndAsync(ShardRun run, CancellationToken cancellationToken)
    {
        try
        {
            await run.RunAsync(cancellationToken);
            return new BulkShardProgress(BulkShardState.Done, run.Rows, "");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new BulkShardProgress(BulkShardState.Idle, 0, "");
        }
        catch (InferenceException exception)
        {
            return new BulkShardProgress(
                ShardRequests.IsTransient(exception.Error) ? BulkShardState.Failed : BulkShardState.Refused,
                run.Rows,
                exception.Message
            );
        }
        catch (Exception exception)
        {
            LogFailed(exception, this.GetPrimaryKeyString());
            return new BulkShardProgress(BulkShardState.Failed, run.Rows, exception.Message);
        }
    }

    [LoggerMessage(EventId = 2008, Level = LogLevel.Warning, Message = "An attempt at shard {Shard} failed")]
    private partial void LogFailed(Exception exception, string shard);
}
