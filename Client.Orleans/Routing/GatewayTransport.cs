using System.Collections.Concurrent;
using System.Net;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Client.Routing;

/// <summary>
/// Connects a client's router to nodes: each node's service through that node's own gateway, one hop.
/// </summary>
internal sealed class GatewayTransport(IClusterClient cluster) : INodeTransport
{
    private readonly ConcurrentDictionary<string, INodeService> _services = new();

    /// <summary>Grain type of the nodes' service, as the routing table has it.</summary>
    public string ServiceType { get; set; } = "";

    /// <inheritdoc />
    public Task<InferenceAnswer> InferAsync(
        NodeState node,
        InferenceCall request,
        CancellationToken cancellationToken
    ) => GetService(node).InferAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task PingAsync(NodeState node, CancellationToken cancellationToken) => GetService(node).PingAsync();

    // Addressed by the gateway's endpoint and generation 0, the reference survives the silo's restart.
    private INodeService GetService(NodeState node) =>
        _services.GetOrAdd(
            node.Route.Gateway,
            static (gateway, self) =>
                self.cluster.GetGrain<INodeService>(
                    SystemTargetGrainId
                        .Create(GrainType.Create(self.ServiceType), SiloAddress.New(IPEndPoint.Parse(gateway), 0))
                        .GrainId
                ),
            (cluster, ServiceType)
        );
}
