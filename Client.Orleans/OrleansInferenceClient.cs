using OrleansInference.Client.Streaming;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Client;

/// <summary>
/// Inference over an Orleans cluster client. A request goes straight to the node that the routing table picks: one hop.
/// It goes through any gateway while no table is known, or if it belongs to a sequence, whose order one silo keeps.
/// </summary>
internal sealed class OrleansInferenceClient(IClusterClient cluster, RequestRouter router, TimeProvider time)
    : IInferenceClient
{
    /// <inheritdoc />
    public async Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        using Deadline deadline = new(request, time, cancellationToken);
        InferenceAnswer answer;
        try
        {
            answer = await SendAsync(InferenceCalls.From(request), deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.ToException();
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            throw Unavailable(exception);
        }

        // The silo may answer the cancellation before the call itself ends: it is the deadline all the same.
        if (answer.Error == InferenceError.Cancelled && deadline.HasPassed)
        {
            throw deadline.ToException();
        }
        if (answer.Error == InferenceError.Cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        return InferenceCalls.ToResult(answer);
    }

    /// <inheritdoc />
    public IAsyncEnumerable<InferenceOutcome> StreamAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        CancellationToken cancellationToken
    ) => PipelinedStream.RunAsync(requests, InferAsync, cancellationToken);

    /// <inheritdoc />
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            RoutingTable known = router.Snapshot.Table;
            await cluster
                .GetGrain<IRoutingGrain>(0)
                .GetAsync(known.Epoch, known.Sequence)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            return false;
        }
    }

    /// <inheritdoc />
    public async Task<ModelMetadata> GetModelMetadataAsync(
        string modelName,
        string modelVersion,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await cluster
                .GetGrain<IInferenceGrain>(0)
                .GetModelMetadataAsync(modelName, modelVersion)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            throw Unavailable(exception);
        }
    }

    private Task<InferenceAnswer> SendAsync(InferenceCall call, CancellationToken cancellationToken)
    {
        // A sequence's order is kept on its way to the sequence's grain, which the router does not know.
        if (call.SequenceId.Length > 0 || router.Snapshot.Find(call.ModelName) is null)
        {
            return cluster.GetGrain<IInferenceGrain>(0).InferAsync(call, cancellationToken);
        }
        // The router lets go of what it is given, and the request stays the caller's.
        InferenceCall own = RequestRows.Copy(call);
        if (router.TryInfer(own, cancellationToken, out Task<InferenceAnswer>? answer))
        {
            return answer;
        }
        own.Dispose();
        return cluster.GetGrain<IInferenceGrain>(0).InferAsync(call, cancellationToken);
    }

    private static InferenceException Unavailable(Exception exception) =>
        new(
            InferenceError.Unavailable,
            $"the cluster {(exception is TimeoutException ? "did not answer" : "cannot be reached")}: "
                + $"{exception.Message}",
            exception
        );
}
