using OrleansInference.Engine;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Sequences;

namespace OrleansInference.Grains.Inference;

/// <summary>Runs requests on this node's engine. Those of a model with sequences go to their sequence first.</summary>
internal sealed class EngineExecutor(InferenceEngine engine, SequenceDispatcher sequences)
{
    /// <summary>Runs a request, whose tensors it takes over, after the one look-up of its model (step 7).</summary>
    /// <param name="request">The request.</param>
    /// <param name="steps">Runs the steps of an ensemble.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public ValueTask<InferenceResponse> InferAsync(
        InferenceRequest request,
        StepRunner steps,
        CancellationToken cancellationToken
    )
    {
        IServedModel? model = engine.Find(request.ModelName, request.ModelVersion, out _, out _);
        if (model is { Sequences: null })
        {
            return model.TryInfer(request, steps, cancellationToken, out ValueTask<InferenceResponse> answer)
                ? answer
                // It has been replaced since: its successor was published before it closed.
                : engine.InferAsync(request, steps, cancellationToken);
        }
        if (request.SequenceId.Length > 0)
        {
            return new ValueTask<InferenceResponse>(sequences.InferAsync(request, steps, cancellationToken));
        }
        return model is null
            ? engine.InferAsync(request, steps, cancellationToken)
            : new ValueTask<InferenceResponse>(RefuseWithoutSequence(request));
    }

    private static InferenceResponse RefuseWithoutSequence(InferenceRequest request)
    {
        request.Dispose();
        return InferenceResponse.Failure(
            request,
            InferenceError.InvalidArgument,
            $"inference request to model '{request.ModelName}' must specify a non-zero or non-empty "
                + $"correlation ID (sequence_id)"
        );
    }
}
