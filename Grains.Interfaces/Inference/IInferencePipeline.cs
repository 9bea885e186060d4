namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>The one way into inference on a node: the co-hosted gateway and the inference grain both call it in process.</summary>
public interface IInferencePipeline
{
    /// <summary>
    /// Runs <paramref name="request"/>, whose tensors it takes over. Errors come back in the answer; the caller
    /// disposes the answer. Cancelling removes queued work; the answer is then <see cref="InferenceError.Cancelled"/>.
    /// </summary>
    ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken);
}
