using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Repository;

namespace OrleansInference.Engine.Hosting;

/// <summary>
/// Loads the models when the host starts, looks at the repository again in mode <c>poll</c>, unloads unused models in
/// mode <c>demand</c>, and unloads at the end.
/// </summary>
internal sealed partial class EngineService(
    InferenceEngine engine,
    IOptions<EngineOptions> options,
    EngineMetrics metrics,
    TimeProvider time,
    ILogger<EngineService> logger
) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(engine);
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // The loop first, which would load again what is being unloaded.
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await engine.DisposeAsync().ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Mode is not (ModelControlMode.Poll or ModelControlMode.Demand))
        {
            return;
        }
        bool poll = options.Value.Mode == ModelControlMode.Poll;
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(poll ? options.Value.PollSeconds : 1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await (poll ? engine.PollAsync(stoppingToken) : engine.SweepAsync()).ConfigureAwait(false);
            }
            catch (ModelRepositoryException exception)
            {
                // A repository that is away for a moment must not stop what serves from memory.
                LogPollFailed(exception);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Nor must anything else: an end here would be the server's.
                LogLookFailed(exception);
            }
        }
    }

    [LoggerMessage(EventId = 1001, Level = LogLevel.Warning, Message = "The repository could not be polled")]
    private partial void LogPollFailed(Exception exception);

    [LoggerMessage(
        EventId = 1002,
        Level = LogLevel.Error,
        Message = "A look at the models failed; the next one comes as planned"
    )]
    private partial void LogLookFailed(Exception exception);
}
