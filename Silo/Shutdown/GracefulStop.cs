using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Silo.Shutdown;

/// <summary>
/// The beginning of the end: not ready from the moment the host is told to stop, then the drain. The host stops nothing
/// before <see cref="StoppingAsync"/> has ended, and then in the reverse order of registration: the web server, which
/// finishes what is in flight, the silo, and last the engine that served them.
/// </summary>
internal sealed partial class GracefulStop(
    INodeDrain drain,
    IHostApplicationLifetime lifetime,
    ILogger<GracefulStop> logger
) : IHostedLifecycleService, IDisposable
{
    private CancellationTokenRegistration _told;

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // A signal reaches this token first, StoppingAsync only once the main thread has woken up.
        _told = lifetime.ApplicationStopping.Register(drain.Announce);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStopping();
        drain.Announce();
        await drain.BeginAsync(cancellationToken);
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public void Dispose() => _told.Dispose();

    [LoggerMessage(
        EventId = 5001,
        Level = LogLevel.Information,
        Message = "Stopping: not ready any more; the cluster sends requests elsewhere, and what is under "
            + "way is answered."
    )]
    private partial void LogStopping();
}
