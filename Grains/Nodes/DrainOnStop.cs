using Microsoft.Extensions.Hosting;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Empties the node before anything of its host stops; then Kestrel answers what it has, Orleans leaves the cluster, and
/// the engine unloads last.
/// </summary>
internal sealed class DrainOnStop(NodeDrain drain) : IHostedLifecycleService
{
    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => drain.BeginAsync(cancellationToken);

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
