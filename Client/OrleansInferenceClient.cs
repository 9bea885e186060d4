using OrleansInference.Client.Streaming;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Client;

/// <summary>Inference over an Orleans cluster client.</summary>
internal sealed class OrleansInferenceClient(IClusterClient cluster, TimeProvider time) : IInferenceClient
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
            response = await cluster.GetGrain<IInferenceGrain>(0).InferAsync(request, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.Passed();
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            throw Unavailable(exception);
        }

        if (response.Error == InferenceError.Cancelled) cancellationToken.ThrowIfCancellationRequested();
        return response.EnsureSuccess();
    }

    /// <inheritdoc />
    public IAsyncEnumerable<InferenceResponse> StreamAsync(IAsyncEnumerable<InferenceRequest> requests, CancellationToken cancellationToken) => PipelinedStream.RunAsync(requests, InferAsync, cancellationToken);

    /// <inheritdoc />
    public async Task<ModelMetadata> GetModelMetadataAsync(string modelName, string modelVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await cluster.GetGrain<IInferenceGrain>(0).GetModelMetadataAsync(modelName, modelVersion).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            throw Unavailable(exception);
        }
    }

    private static InferenceException Unavailable(Exception exception) =>
        new(InferenceError.Unavailable, $"the cluster {(exception is TimeoutException ? "did not answer" : "cannot be reached")}: {exception.Message}", exception);
}
