using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Grains.Nodes;

/// <summary>How a silo's router reaches other nodes: through their node service, one hop.</summary>
internal sealed class NodeTransport(NodeServices services) : INodeTransport
{
    /// <inheritdoc />
    public Task<InferenceAnswer> InferAsync(
        NodeState node,
        InferenceCall request,
        CancellationToken cancellationToken
    ) => services.Of(node.Address).InferAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task PingAsync(NodeState node, CancellationToken cancellationToken) => services.Of(node.Address).PingAsync();
}
