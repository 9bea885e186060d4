using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Resumes jobs whose silo was lost. A call activates a job's grain again, on another silo.</summary>
internal sealed partial class BulkJobResumer(
    IGrainFactory grains,
    JobRegistry registry,
    IOptions<JobOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<BulkJobResumer> logger
) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Grains can be called only once the silo has started.
            await Task.Delay(Timeout.InfiniteTimeSpan, lifetime.ApplicationStarted)
                .WaitAsync(stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(options.Value.ResumePeriodMilliseconds), time);
            do
            {
                await ResumeAsync(stoppingToken).ConfigureAwait(false);
            } while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    private async Task ResumeAsync(CancellationToken stoppingToken)
    {
        Dictionary<string, BulkJobSpec> noted = [];
        string[] active = [];
        await TryAsync("noted jobs", () => Task.Run(() => noted = registry.Read(), stoppingToken), stoppingToken)
            .ConfigureAwait(false);
        foreach ((string id, BulkJobSpec spec) in noted)
        {
            await TryAsync(id, () => grains.GetGrain<IBulkJobGrain>(id).RecoverAsync(spec), stoppingToken)
                .ConfigureAwait(false);
        }
        await TryAsync(
                "active jobs",
                async () =>
                    active = await grains.GetGrain<IBulkJobIndexGrain>(0).ListActiveAsync().ConfigureAwait(false),
                stoppingToken
            )
            .ConfigureAwait(false);
        foreach (string id in active)
        {
            await TryAsync(id, () => grains.GetGrain<IBulkJobGrain>(id).EnsureRunningAsync(), stoppingToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Tries a step. A job that cannot be resumed must not end the silo; it is tried again in the next period.
    /// </summary>
    private async Task TryAsync(string what, Func<Task> step, CancellationToken stoppingToken)
    {
        try
        {
            await step().WaitAsync(Patience, time, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogNotResumed(what, exception);
        }
    }

    [LoggerMessage(
        EventId = 2007,
        Level = LogLevel.Debug,
        Message = "{What} could not be resumed, which is tried again"
    )]
    private partial void LogNotResumed(string what, Exception exception);
}
