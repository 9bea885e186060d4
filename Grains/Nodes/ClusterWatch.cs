using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Keeps this node part of the cluster. It has a director live and ejects nodes that membership declares dead. It
/// fetches what it must know of models that only others serve, and sets how its replicas run.
/// </summary>
internal sealed partial class ClusterWatch(
    ClusterNode node,
    RemoteModels remote,
    NodeKnobs knobs,
    IGrainFactory grains,
    ISiloStatusOracle membership,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<ClusterWatch> logger
) : BackgroundService, ISiloStatusListener
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <inheritdoc />
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        // Membership is slow and sure: what it holds for dead needs no probe.
        if (status == SiloStatus.Dead)
        {
            node.Router.Snapshot.Nodes.FirstOrDefault(other => other.Address.Equals(updatedSilo))
                ?.Eject(node.Router.Now);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, lifetime.ApplicationStarted)
                .WaitAsync(stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            membership.SubscribeToSiloStatusEvents(this);
            await Task.WhenAll(
                    node.Watch.RunAsync(stoppingToken),
                    DirectAsync(stoppingToken),
                    remote.RunAsync(stoppingToken),
                    knobs.RunAsync(stoppingToken)
                )
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            membership.UnSubscribeFromSiloStatusEvents(this);
        }
    }

    private async Task DirectAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Period, time);
        do
        {
            try
            {
                await grains
                    .GetGrain<IPlacementDirectorGrain>(0)
                    .EnsureAsync()
                    .WaitAsync(stoppingToken)
                    .ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException)
            {
                LogNoDirector(exception);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    [LoggerMessage(
        EventId = 2012,
        Level = LogLevel.Debug,
        Message = "No placement director answers; this node goes on with the plan that it has"
    )]
    private partial void LogNoDirector(Exception exception);
}
