using OrleansInference.Engine;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Sequences;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Sequences;

/// <summary>Sends the requests of a sequence to its grain, one after the other, as they came.</summary>
internal sealed class SequenceDispatcher(
    InferenceEngine engine,
    ClusterNode node,
    IGrainFactory grains,
    TimeProvider time
)
{
    private readonly SequenceOrder _order = new();

    /// <summary>Whether a model's requests belong to sequences, here or on the nodes that serve it.</summary>
    public bool Serves(string modelName, string modelVersion) =>
        ServesElsewhere(modelName) || ServesHere(modelName, modelVersion);

    /// <summary>Ends a sequence, one of whose requests was refused, when those before it have run.</summary>
    public void Break(string modelName, string modelVersion, string sequenceId, string reason)
    {
        string key = SequenceKey.Of(modelName, modelVersion, sequenceId);
        // Not awaited: the refusal is answered now, and the sequence ends behind the requests before it.
        _ = _order.Join(key, begins: false).LeaveAfter(() => BreakAsync(key, $"was refused: {reason}"));
    }

    /// <summary>Runs a request of a sequence, whose tensors it takes over, after those before it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="steps">Runs the steps of an ensemble, where the model turns out to be one.</param>
    /// <param name="cancellationToken">Gives it up, and ends its sequence.</param>
    public async Task<InferenceAnswer> InferAsync(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken
    )
    {
        string key = SequenceKey.Of(request);
        using SequenceOrder.Place place = _order.Join(key, request.SequenceStart);
        long begin = time.GetTimestamp();
        try
        {
            TimeSpan patience = request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan;
            await place.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            place.CancelBehind();
            _ = place.LeaveAfter(() => BreakAsync(key, "was cancelled"));
            return Refuse(request, InferenceError.Cancelled, "the request was cancelled");
        }
        catch (TimeoutException)
        {
            string late = $"the deadline passed while earlier requests of sequence '{request.SequenceId}' ran";
            _ = place.LeaveAfter(() => BreakAsync(key, $"failed: {late}"));
            return Refuse(request, InferenceError.DeadlineExceeded, late);
        }
        if (place.IsCancelled)
        {
            string ended =
                $"a request of sequence '{request.SequenceId}' before this one was cancelled, which ended it; start it anew";
            return Refuse(request, InferenceError.Cancelled, ended);
        }

        // The grain that it goes to runs on Orleans' threads, which never run a model.
        request = request.After(time.GetElapsedTime(begin)) with
        {
            MayRunOnCaller = false,
        };
        // In mode demand its model may have to be loaded first; only then is it known whether it has sequences at all.
        bool serves =
            Serves(request.ModelName, request.ModelVersion)
            || await ServesOnceLoadedAsync(request, cancellationToken).ConfigureAwait(false);
        if (!serves)
        {
            return await engine.InferAsync(request, steps, cancellationToken).ConfigureAwait(false);
        }
        return await SendAsync(key, place, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Answers a request that went no further, and counts it where its model is served here.</summary>
    private InferenceAnswer Refuse(InferenceCall request, InferenceError error, string message)
    {
        if (engine.Find(request.ModelName, request.ModelVersion, out _, out _) is ModelReplica replica)
        {
            replica.RecordRefusal(request, error, message);
        }
        request.Dispose();
        return InferenceAnswer.Failure(request, error, message);
    }

    private bool ServesElsewhere(string modelName) =>
        node.Router.Snapshot.Find(modelName) is { IsLocalOnly: false } model && model.Latest[0].Route.HasSequences;

    private bool ServesHere(string modelName, string modelVersion) =>
        engine.Find(modelName, modelVersion, out _, out _)?.Sequences is not null;

    private async Task<InferenceAnswer> SendAsync(
        string key,
        SequenceOrder.Place place,
        InferenceCall request,
        CancellationToken cancellationToken
    )
    {
        // Where the sequence lives on another silo, writing the request to the wire is this silo's last use of it.
        foreach (Tensor input in request.Inputs)
        {
            input.ReleaseWhenSerialized = true;
        }
        string broken = "failed";
        bool answered = false;
        try
        {
            ISequenceGrain sequence = grains.GetGrain<ISequenceGrain>(key);
            InferenceAnswer response = await sequence.InferAsync(request, cancellationToken).ConfigureAwait(false);
            answered = true;
            if (response.Error == InferenceError.Cancelled)
            {
                place.CancelBehind();
            }
            return response;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            broken = "was cancelled";
            place.CancelBehind();
            return InferenceAnswer.Failure(request, InferenceError.Cancelled, "the request was cancelled");
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            broken = $"failed: {exception.Message}";
            string lost =
                $"the silo of sequence '{request.SequenceId}' was lost, and what model '{request.ModelName}' "
                + $"remembered of it";
            lost += $"; begin it again with sequence_start ({exception.Message})";
            return InferenceAnswer.Failure(request, InferenceError.Unavailable, lost);
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
            await grains.GetGrain<ISequenceGrain>(key).BreakAsync(reason).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OrleansException or TimeoutException or OperationCanceledException)
        {
            // A silo that cannot be told is lost, and the sequence's state with it.
        }
    }

    /// <summary>Loads a model where that is for requests to do. What cancels it shows again in the request's run.</summary>
    private async Task<bool> ServesOnceLoadedAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        TimeSpan patience = request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan;
        using CancellationTokenSource deadline = new(patience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            deadline.Token
        );
        try
        {
            DemandResult loaded = await engine.EnsureLoadedAsync(request.ModelName, either.Token).ConfigureAwait(false);
            return loaded.Status == DemandStatus.Serves && ServesHere(request.ModelName, request.ModelVersion);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
