using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Grains.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// How a silo's router reaches nodes: its own in process, others through their node service, one hop.
/// </summary>
internal sealed class NodeTransport(NodeServices services, IServiceProvider provider) : INodeTransport
{
    private InferencePipeline? _pipeline;

    // The pipeline has the router, which has this.
    private InferencePipeline Pipeline => _pipeline ??= provider.GetRequiredService<InferencePipeline>();

    /// <summary>Runs a request on this node.</summary>
    public ValueTask<InferenceResponse> RunHere(InferenceRequest request, CancellationToken cancellationToken) =>
        Pipeline.RunHereAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task<InferenceResponse> InferAsync(
        NodeState node,
        InferenceRequest request,
        CancellationToken cancellationToken
    ) =>
        node.IsLocal
            ? RunHere(request, cancellationToken).AsTask()
            : services.Of(node.Address).InferAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task PingAsync(NodeState node, CancellationToken cancellationToken) => services.Of(node.Address).PingAsync();
}
