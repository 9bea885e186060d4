using System.Collections.Concurrent;
using System.Net;
using Orleans.Messaging;
using Orleans.Runtime;

namespace OrleansInference.Client.Routing;

/// <summary>The cluster's gateways: those that the client was given, and those that the routing table names.</summary>
internal sealed class GatewayList(IEnumerable<IPEndPoint> seeds) : IGatewayListProvider
{
    private readonly ConcurrentDictionary<IPEndPoint, byte> _known = new(
        seeds.Select(seed => KeyValuePair.Create(seed, (byte)0))
    );

    /// <inheritdoc />
    public TimeSpan MaxStaleness => TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public bool IsUpdatable => true;

    /// <summary>Adds gateways, each <c>IP:PORT</c>.</summary>
    public void Add(IEnumerable<string> gateways)
    {
        foreach (string gateway in gateways)
        {
            if (IPEndPoint.TryParse(gateway, out IPEndPoint? endpoint))
            {
                _known.TryAdd(endpoint, 0);
            }
        }
    }

    /// <inheritdoc />
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc />
    public Task<IList<Uri>> GetGateways() =>
        Task.FromResult<IList<Uri>>([.. _known.Keys.Select(endpoint => endpoint.ToGatewayUri())]);
}
