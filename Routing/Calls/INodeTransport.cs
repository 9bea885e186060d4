using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Health;

namespace OrleansInference.Routing.Calls;

/// <summary>How a router reaches other nodes than its own.</summary>
public interface INodeTransport
{
    /// <summary>
    /// Runs a request on a node; the caller keeps the tensors. What is wrong with the request is in the answer; an
    /// exception means that the node could not be reached.
    /// </summary>
    Task<InferenceAnswer> InferAsync(NodeState node, InferenceCall request, CancellationToken cancellationToken);

    /// <summary>Ends when the node answers; throws where it cannot be reached.</summary>
    Task PingAsync(NodeState node, CancellationToken cancellationToken);
}
