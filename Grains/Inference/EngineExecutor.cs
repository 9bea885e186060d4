using OrleansInference.Engine;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Sequences;

namespace OrleansInference.Grains.Inference;

/// <summary>Runs requests on this node's engine. Those of a model with sequences go to their sequence first.</summary>
internal sealed class EngineExecutor(InferenceEngine engine, SequenceDispatcher sequences)
{
    /// <summary>Runs a request, whose tensors it takes over, on this node (step 7).</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">What serves its model here; null where nothing does yet.</param>
    /// <param name="steps">Runs the steps of an ensemble.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        IServedModel? model,
        StepRunner steps,
        CancellationToken cancellationToken
    )
    {
        while (model is { Sequences: null })
        {
            if (model.TryInfer(request, steps, cancellationToken, out ValueTask<InferenceAnswer> answer))
            {
                return answer;
            }
            // It has been replaced since it was looked up: its successor was published before it closed.
            model = engine.Find(request.ModelName, request.ModelVersion, out _, out _);
        }
        if (request.SequenceId.Length > 0)
        {
            return new ValueTask<InferenceAnswer>(sequences.InferAsync(request, steps, cancellationToken));
        }
        return model is null
            ? engine.InferAsync(request, steps, cancellationToken)
            : new ValueTask<InferenceAnswer>(RefuseWithoutSequence(request));
    }

    private static InferenceAnswer RefuseWithoutSequence(InferenceCall request)
    {
        request.Dispose();
        return InferenceAnswer.Failure(
            request,
            InferenceError.InvalidArgument,
            $"inference request to model '{request.ModelName}' must specify a non-zero or non-empty "
                + $"correlation ID (sequence_id)"
        );
    }
}
