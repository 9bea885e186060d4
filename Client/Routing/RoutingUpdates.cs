using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Client.Routing;

/// <summary>
/// Keeps the client's routing table up to date, and its view of which nodes live. Until the first table has come, and
/// where there is none, requests go through any gateway.
/// </summary>
internal sealed class RoutingUpdates(IClusterClient cluster, RequestRouter router, NodeWatch watch, GatewayTransport transport, GatewayList gateways, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await UpdateAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task watching = watch.RunAsync(stoppingToken);
        using PeriodicTimer timer = new(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await UpdateAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }

        await watching.ConfigureAwait(false);
    }

    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        RoutingTable known = router.Snapshot.Table;
        try
        {
            if (await cluster.GetGrain<IRoutingGrain>(0).GetAsync(known.Epoch, known.Sequence).WaitAsync(cancellationToken).ConfigureAwait(false) is not { } table) return;
            transport.ServiceType = table.NodeServiceType;
            gateways.Add(table.Nodes.Select(node => node.Gateway));
            // Nodes without a gateway cannot be addressed from here; others pass requests on to them.
            if (table.Nodes.All(node => node.Gateway.Length > 0)) router.Update(table, local: null);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // The table in use stays; lost nodes are ejected from it.
        }
    }
}
