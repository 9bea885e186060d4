namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// The one way into inference on a node: the co-hosted gateway and the inference grain both call it in process.
/// </summary>
public interface IRequestDispatcher
{
    /// <summary>
    /// Runs <paramref name="request"/>, whose tensors it takes over. Errors come back in the answer; the caller
    /// disposes the answer. Cancelling removes queued work; the answer is then <see cref="InferenceError.Cancelled"/>.
    /// </summary>
    ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken);

    /// <summary>
    /// Runs a request that the gate let in, as <see cref="InferAsync(InferenceCall, CancellationToken)"/> does, with
    /// the look-up of its model that the gate has made. The ticket stays the caller's to dispose.
    /// </summary>
    ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        AdmissionTicket ticket,
        CancellationToken cancellationToken
    );

    /// <summary>Whether a model's requests belong to sequences.</summary>
    bool HasSequences(string modelName, string modelVersion);

    /// <summary>
    /// Ends a sequence one of whose requests was refused before it reached <c>InferAsync</c>. It ends after the
    /// requests before that one, because what follows would run on a state that lacks it.
    /// </summary>
    /// <param name="modelName">The model.</param>
    /// <param name="modelVersion">The version that the request asked for.</param>
    /// <param name="sequenceId">The sequence.</param>
    /// <param name="reason">Why it was refused.</param>
    void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason);
}
