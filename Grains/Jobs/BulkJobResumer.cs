using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Grains.Jobs;

/// <summary>Has jobs go on whose silo was lost: a job's grain comes back when somebody calls it, which is what this does.</summary>
internal sealed partial class BulkJobResumer(IGrainFactory grains, JobRegistry registry, IOptions<JobOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<BulkJobResumer> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, lifetime.ApplicationStarted).WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(options.Value.ResumePeriodMilliseconds), time);
            do await ResumeAsync(stoppingToken).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    private async Task ResumeAsync(CancellationToken stoppingToken)
    {
        foreach ((string id, BulkJobSpec spec) in registry.Read()) await TryAsync(id, job => job.RecoverAsync(spec), stoppingToken).ConfigureAwait(false);
        string[] active = [];
        await TryAsync("", async _ => active = await grains.GetGrain<IBulkJobIndexGrain>(0).ListActiveAsync().ConfigureAwait(false), stoppingToken).ConfigureAwait(false);
        foreach (string id in active) await TryAsync(id, job => job.EnsureRunningAsync(), stoppingToken).ConfigureAwait(false);
    }

    private async Task TryAsync(string id, Func<IBulkJobGrain, Task> call, CancellationToken stoppingToken)
    {
        try
        {
            await call(grains.GetGrain<IBulkJobGrain>(id)).WaitAsync(Patience, time, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or InferenceException or IOException)
        {
            LogNotResumed(id, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Job {Job} could not be asked to go on, which is tried again: {Reason}")]
    private partial void LogNotResumed(string job, string reason);
}
