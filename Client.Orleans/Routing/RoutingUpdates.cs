using Microsoft.Extensions.Hosting;
using Orleans.Messaging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Client.Routing;

/// <summary>
/// Keeps the client's routing table up to date, and its view of which nodes live. Until the first table has come, and
/// where there is none, requests go through any gateway.
/// </summary>
internal sealed class RoutingUpdates(
    IClusterClient cluster,
    RequestRouter router,
    NodeWatch watch,
    GatewayTransport transport,
    GatewayList own,
    IGatewayListProvider gateways,
    TimeProvider time
) : BackgroundService
{
    /// <summary>How often Orleans' client reads its list of gateways.</summary>
    public static readonly TimeSpan GatewayRefresh = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, long> _listed = [];

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Once before the host has started, so that its first request is routed already.
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
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                await UpdateAsync(stoppingToken).ConfigureAwait(false);
            }
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
            if (
                await cluster
                    .GetGrain<IRoutingGrain>(0)
                    .GetAsync(known.Epoch, known.Sequence)
                    .WaitAsync(cancellationToken)
                    .ConfigureAwait(false)
                is not { } table
            )
            {
                return;
            }
            own.Add(table.Nodes.Select(node => node.Gateway));
            // Orleans sends what is for a gateway that it does not know yet through another, which cannot pass it on
            // (ADR 10).
            if (!await CanReachAsync(table).ConfigureAwait(false))
            {
                return;
            }
            transport.ServiceType = table.NodeServiceType;
            router.Update(table, local: null);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            // The table in use stays; lost nodes are ejected from it.
        }
    }

    /// <summary>
    /// Whether Orleans' client knows the gateway of every node. It would send a call for an unknown one through any
    /// other, which cannot forward it. Until it does the table in use stays.
    /// </summary>
    private async Task<bool> CanReachAsync(RoutingTable table)
    {
        HashSet<string> listed =
        [
            .. (await gateways.GetGateways().ConfigureAwait(false)).Select(uri =>
                uri.ToGatewayAddress()!.Endpoint.ToString()
            ),
        ];
        bool all = true;
        foreach (NodeRoute node in table.Nodes)
        {
            if (!listed.Contains(node.Gateway))
            {
                return false;
            }
            // Orleans' client reads its list once a refresh: after two of them it has seen this gateway.
            if (
                _listed.TryAdd(node.Gateway, time.GetTimestamp())
                || time.GetElapsedTime(_listed[node.Gateway]) < 2 * GatewayRefresh
            )
            {
                all = false;
            }
        }

        return all;
    }
}
