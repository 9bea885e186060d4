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
    private readonly ModelFinder _models;
    private readonly SequenceDispatcher _sequences;
    private readonly EngineExecutor _executor;
    private readonly StepRunner _steps;
    private readonly LocalExecutor _here;

    /// <summary>Creates it.</summary>
    /// <param name="inputs">Records the inputs of requests.</param>
    /// <param name="node">Has the router.</param>
    /// <param name="models">Looks up the model of a request that came without a ticket.</param>
    /// <param name="sequences">Takes the requests of sequences.</param>
    /// <param name="executor">Takes what stays on this node.</param>
    public RequestDispatcher(
        InputRecorder inputs,
        ClusterNode node,
        ModelFinder models,
        SequenceDispatcher sequences,
        EngineExecutor executor
    )
    {
        _inputs = inputs;
        _router = node.Router;
        _models = models;
        _sequences = sequences;
        _executor = executor;
        // One delegate each for all requests.
        _steps = InferAsync;
        _here = InferHereAsync;
    }

    /// <inheritdoc />
    public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken) =>
        InferAsync(request, _models.Find(request.ModelName, request.ModelVersion), cancellationToken);

    /// <inheritdoc />
    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        AdmissionTicket ticket,
        CancellationToken cancellationToken
    )
    {
        // The body may have come long after the headers: a node may have left the routes since.
        ModelLookup found =
            ticket is TenantTicket known && _models.IsCurrent(known.Found)
                ? known.Found
                : _models.Find(request.ModelName, request.ModelVersion);
        return InferAsync(request, found, cancellationToken);
    }

    /// <summary>Runs a request, whose tensors it takes over, on this node, whatever the router would say.</summary>
    public ValueTask<InferenceAnswer> InferHereAsync(InferenceCall request, CancellationToken cancellationToken) =>
        _executor.InferAsync(request, _models.FindHere(request), _steps, cancellationToken);

    /// <summary>Records a request and sends it where it runs (step 5).</summary>
    private ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        in ModelLookup found,
        CancellationToken cancellationToken
    )
    {
        _inputs.Record(request);
        if (found.Targets is not { } targets)
        {
            return _executor.InferAsync(request, found.Here, _steps, cancellationToken);
        }
        if (request.SequenceId.Length > 0 && targets.Latest[0].Route.HasSequences)
        {
            return new ValueTask<InferenceAnswer>(_sequences.InferAsync(request, _steps, cancellationToken));
        }
        return _router.TryInfer(request, targets, _here, cancellationToken, out Task<InferenceAnswer>? answer)
            ? new ValueTask<InferenceAnswer>(answer)
            : InferHereAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public bool HasSequences(string modelName, string modelVersion) => _sequences.Serves(modelName, modelVersion);

    /// <inheritdoc />
    public void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason) =>
        _sequences.Break(modelName, modelVersion, sequenceId, reason);
}
