using OrleansInference.Engine;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Sequences;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.Grains.Nodes;
using OrleansInference.Grains.Recording;
using OrleansInference.Grains.Sequences;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Grains.Inference;

/// <summary>
/// The way of every request on a node, whether it came through the gateway or a grain: to the replica that the router
/// picks, on this node or another, or to its sequence, which passes it on when its turn has come. The steps of
/// ensembles come this way too.
/// </summary>
internal sealed class InferencePipeline : IInferencePipeline
{
    private readonly InferenceEngine _engine;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly SequenceOrder _order = new();
    private readonly RequestRouter _router;
    private readonly InputRecorder _inputs;

    public InferencePipeline(
        InferenceEngine engine,
        IGrainFactory grains,
        ClusterNode node,
        InputRecorder inputs,
        TimeProvider time
    )
    {
        _engine = engine;
        _grains = grains;
        _router = node.Router;
        _inputs = inputs;
        _time = time;
        engine.RunStep = InferAsync;
    }

    /// <inheritdoc />
    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        _inputs.Take(request);
        // Where this node is the only one with the model, or nobody has it, there is nothing to decide.
        if (_router.Snapshot.Find(request.ModelName) is not { IsLocalOnly: false } model)
        {
            return RunHereAsync(request, cancellationToken);
        }
        if (request.SequenceId.Length > 0 && model.Latest[0].Route.HasSequences)
        {
            return new ValueTask<InferenceResponse>(InSequenceAsync(request, cancellationToken));
        }
        return _router.TryInfer(request, cancellationToken, out Task<InferenceResponse>? answer)
            ? new ValueTask<InferenceResponse>(answer)
            : RunHereAsync(request, cancellationToken);
    }

    /// <summary>Runs a request on this node, whatever the router would say.</summary>
    public ValueTask<InferenceResponse> RunHereAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        if (_engine.Find(request.ModelName, request.ModelVersion, out _, out _) is { } model)
        {
            if (model.Sequences is null)
            {
                return _engine.InferAsync(request, cancellationToken);
            }
            if (request.SequenceId.Length > 0)
            {
                return new ValueTask<InferenceResponse>(InSequenceAsync(request, cancellationToken));
            }
            request.Dispose();
            return new ValueTask<InferenceResponse>(
                InferenceResponse.Failure(
                    request,
                    InferenceError.InvalidArgument,
                    $"inference request to model '{request.ModelName}' must specify a non-zero or non-empty "
                        + $"correlation ID (sequence_id)"
                )
            );
        }

        return request.SequenceId.Length == 0
            ? _engine.InferAsync(request, cancellationToken)
            : new ValueTask<InferenceResponse>(InSequenceAsync(request, cancellationToken));
    }

    /// <inheritdoc />
    public bool HasSequences(string modelName, string modelVersion) =>
        SequencesAreElsewhere(modelName) || _engine.Find(modelName, modelVersion, out _, out _)?.Sequences is not null;

    /// <inheritdoc />
    public void BreakSequence(string modelName, string modelVersion, string sequenceId, string reason)
    {
        string key = SequenceKey.Of(modelName, modelVersion, sequenceId);
        _ = _order.Join(key).LeaveAfter(() => BreakAsync(key, $"was refused: {reason}"));
    }

    private bool SequencesAreElsewhere(string modelName) =>
        _router.Snapshot.Find(modelName) is { IsLocalOnly: false } model && model.Latest[0].Route.HasSequences;

    private async Task<InferenceResponse> InSequenceAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        string key = SequenceKey.Of(request);
        using SequenceOrder.Place place = _order.Join(key);
        long begin = _time.GetTimestamp();
        try
        {
            TimeSpan patience = request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan;
            await place.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            request.Dispose();
            _ = place.LeaveAfter(() => BreakAsync(key, "was cancelled"));
            return InferenceResponse.Failure(request, InferenceError.Cancelled, "the request was cancelled");
        }
        catch (TimeoutException)
        {
            string late = $"the deadline passed while earlier requests of sequence '{request.SequenceId}' ran";
            request.Dispose();
            _ = place.LeaveAfter(() => BreakAsync(key, $"failed: {late}"));
            return InferenceResponse.Failure(request, InferenceError.DeadlineExceeded, late);
        }

        request = request.After(_time.GetElapsedTime(begin));
        // In mode demand its model may have to be loaded first; only then is it known whether it serves sequences at
        // all.
        if (!HasSequences(request.ModelName, request.ModelVersion))
        {
            using CancellationTokenSource deadline = new(
                request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan,
                _time
            );
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken,
                deadline.Token
            );
            string? refusal = await RefusalAsync(request.ModelName, both.Token).ConfigureAwait(false);
            bool serves =
                refusal is null
                && _engine.Find(request.ModelName, request.ModelVersion, out _, out _)?.Sequences is not null;
            if (!serves)
            {
                return await _engine.InferAsync(request, cancellationToken).ConfigureAwait(false);
            }
        }

        return await SendAsync(key, place, request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<InferenceResponse> SendAsync(
        string key,
        SequenceOrder.Place place,
        InferenceRequest request,
        CancellationToken cancellationToken
    )
    {
        // Where the sequence lives on another silo, writing the request to the wire is this silo's last use of it.
        foreach (InferenceTensor input in request.Inputs)
        {
            input.ReleaseWhenSerialized = true;
        }
        string broken = "failed";
        bool answered = false;
        try
        {
            ISequenceGrain sequence = _grains.GetGrain<ISequenceGrain>(key);
            InferenceResponse response = await sequence.InferAsync(request, cancellationToken).ConfigureAwait(false);
            answered = true;
            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            broken = "was cancelled";
            return InferenceResponse.Failure(request, InferenceError.Cancelled, "the request was cancelled");
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            broken = $"failed: {exception.Message}";
            string lost =
                $"the silo of sequence '{request.SequenceId}' was lost, and what model '{request.ModelName}' "
                + $"remembered of it";
            lost += $"; begin it again with sequence_start ({exception.Message})";
            return InferenceResponse.Failure(request, InferenceError.Unavailable, lost);
        }
        finally
        {
            // The grain may not have seen it: Orleans drops a call that is cancelled before its turn.
            if (!answered)
            {
                _ = place.LeaveAfter(() => BreakAsync(key, broken));
            }
        }
    }

    private async Task BreakAsync(string key, string reason)
    {
        try
        {
            await _grains.GetGrain<ISequenceGrain>(key).BreakAsync(reason).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OrleansException or TimeoutException or OperationCanceledException)
        {
            // A silo that cannot be told is lost, and the sequence's state with it.
        }
    }

    /// <summary>
    /// Loads a model where that is for requests to do; why it is not there, else null. What cancels it shows again in
    /// the request's own run.
    /// </summary>
    private async Task<string?> RefusalAsync(string model, CancellationToken cancellationToken)
    {
        try
        {
            return await _engine.EnsureLoadedAsync(model, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return "the wait for it was cancelled";
        }
    }
}
