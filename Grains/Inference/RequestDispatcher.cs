using OrleansInference.Engine.Ensembles;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;
using OrleansInference.Grains.Recording;
using OrleansInference.Grains.Sequences;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Grains.Inference;

/// <summary>
/// The way of every request on a node, whether it came through the gateway or a grain: to the replica that the router
/// picks, on this node or another, or to its sequence. The steps of ensembles come this way too.
/// </summary>
internal sealed class RequestDispatcher : IRequestDispatcher
{
    private readonly InputRecorder _inputs;
    private readonly RequestRouter _router;
    private readonly SequenceDispatcher _sequences;
    private readonly EngineExecutor _executor;
    private readonly StepRunner _steps;
    private readonly LocalExecutor _here;

    /// <summary>Creates it.</summary>
    /// <param name="inputs">Records the inputs of requests.</param>
    /// <param name="node">Has the router.</param>
    /// <param name="sequences">Takes the requests of sequences.</param>
    /// <param name="executor">Takes what stays on this node.</param>
    public RequestDispatcher(
        InputRecorder inputs,
        ClusterNode node,
        SequenceDispatcher sequences,
        EngineExecutor executor
    )
    {
        _inputs = inputs;
        _router = node.Router;
        _sequences = sequences;
        _executor = executor;
        // One delegate each for all requests.
        _steps = InferAsync;
        _here = InferHereAsync;
    }

    /// <summary>Records a request and sends it where it runs (step 5).</summary>
    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        _inputs.Record(request);
        // Where this node is the only one with the model, or nobody has it, there is nothing to decide.
        if (_router.Snapshot.Find(request.ModelName) is not { IsLocalOnly: false } model)
        {
            return InferHereAsync(request, cancellationToken);
        }
        if (request.SequenceId.Length > 0 && model.Latest[0].Route.HasSequences)
        {
            return new ValueTask<InferenceResponse>(_sequences.InferAsync(request, _steps, cancellationToken));
        }
        return _router.TryInfer(request, model, _here, cancellationToken, out Task<InferenceResponse>? answer)
            ? new ValueTask<InferenceResponse>(answer)
            : InferHereAsync(request, cancellationToken);
    }

    /// <summary>Runs a request, whose tensors it takes over, on this node, whatever the router would say.</summary>
    public ValueTask<InferenceResponse> InferHereAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        _executor.InferAsync(request, _steps, cancellationToken);

    /// <inheritdoc />
    public bool HasSequences(string modelName, string modelVersion) => _sequences.Serves(modelName, modelVersion);

    /// <inheritdoc />
    public void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason) =>
        _sequences.Break(modelName, modelVersion, sequenceId, reason);
}
