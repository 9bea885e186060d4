using OrleansInference.Client.Streaming;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
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
    public async Task<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        using Deadline deadline = new(request, time, cancellationToken);
        InferenceResponse response;
        try
        {
            response = await SendAsync(request, deadline.Token).ConfigureAwait(false);
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
        if (response.Error == InferenceError.Cancelled && deadline.HasPassed)
        {
            throw deadline.ToException();
        }
        if (response.Error == InferenceError.Cancelled)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        return response.EnsureSuccess();
    }

    /// <inheritdoc />
    public IAsyncEnumerable<InferenceResponse> StreamAsync(
        IAsyncEnumerable<InferenceRequest> requests,
        CancellationToken cancellationToken
    ) => PipelinedStream.RunAsync(requests, InferAsync, cancellationToken);

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

    private Task<InferenceResponse> SendAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        // A sequence's order is kept on its way to the sequence's grain, which the router does not know.
        if (request.SequenceId.Length > 0 || router.Snapshot.Find(request.ModelName) is null)
        {
            return cluster.GetGrain<IInferenceGrain>(0).InferAsync(request, cancellationToken);
        }
        // The router lets go of what it is given, and the request stays the caller's.
        InferenceRequest own = RequestRows.Copy(request);
        if (router.TryInfer(own, cancellationToken, out Task<InferenceResponse>? answer))
        {
            return answer;
        }
        own.Dispose();
        return cluster.GetGrain<IInferenceGrain>(0).InferAsync(request, cancellationToken);
    }

    private static InferenceException Unavailable(Exception exception) =>
        new(
            InferenceError.Unavailable,
            $"the cluster {(exception is TimeoutException ? "did not answer" : "cannot be reached")}: "
                + $"{exception.Message}",
            exception
        );
}
