using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Grains.Nodes;

/// <summary>How a silo's router reaches nodes: its own in process, others through their node service, one hop.</summary>
internal sealed class NodeTransport(NodeServices services) : INodeTransport
{
    /// <summary>Runs a request on this node; the pipeline sets it.</summary>
    public Func<InferenceRequest, CancellationToken, ValueTask<InferenceResponse>> RunHere { get; set; } =
        (_, _) => throw new InvalidOperationException("the pipeline has not been created");

    /// <inheritdoc />
    public Task<InferenceResponse> InferAsync(NodeState node, InferenceRequest request, CancellationToken cancellationToken) =>
        node.IsLocal ? RunHere(request, cancellationToken).AsTask() : services.Of(node.Address).InferAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task PingAsync(NodeState node, CancellationToken cancellationToken) => services.Of(node.Address).PingAsync();
}
