using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Inference;

/// <summary>
/// The way of every request on a node, whether it came through the gateway or a grain: find the replica, pass to its
/// queue. No asynchronous step of its own.
/// </summary>
internal sealed class InferencePipeline(InferenceEngine engine) : IInferencePipeline
{
    /// <inheritdoc />
    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ModelReplica? replica = engine.Find(request.ModelName, request.ModelVersion, out InferenceError error, out string message);
        if (replica is not null) return replica.InferAsync(request, cancellationToken);
        request.Dispose();
        return new ValueTask<InferenceResponse>(InferenceResponse.Failure(request, error, message));
    }
}
