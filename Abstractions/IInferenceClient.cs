namespace OrleansInference;

/// <summary>Inference for other services, whatever the transport. Thread-safe.</summary>
public interface IInferenceClient
{
    /// <summary>
    /// Runs a request and returns its result, which the caller disposes. The request's tensors must not change until
    /// the call has ended; <see cref="InferenceRequest.Timeout"/> is the deadline, enforced at the queue and here.
    /// </summary>
    /// <exception cref="InferenceException">The request was refused or failed; <see cref="InferenceException.Error"/>
    /// says why.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Runs many requests, several at a time, and gives what became of each, in the order of the requests. Requests of
    /// one sequence run one after the other. A request that is refused or fails is an outcome too, and the stream goes
    /// on. The caller disposes each outcome.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; what is under
    /// way is cancelled too.</exception>
    IAsyncEnumerable<InferenceOutcome> StreamAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        CancellationToken cancellationToken = default
    );

    /// <summary>Whether the server answers and is ready to be asked.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<bool> IsReadyAsync(CancellationToken cancellationToken = default);

    /// <summary>What a model takes and gives; empty version for the highest one that is ready.</summary>
    /// <exception cref="InferenceException">There is no such model or version, or it is not ready.</exception>
    Task<ModelMetadata> GetModelMetadataAsync(
        string modelName,
        string modelVersion = "",
        CancellationToken cancellationToken = default
    );
}
