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
        catch (TimeoutException exception)
        {
            throw new InferenceException(InferenceError.Unavailable, $"the cluster did not answer: {exception.Message}", exception);
        }
        catch (OrleansException exception)
        {
            throw new InferenceException(InferenceError.Unavailable, $"the cluster cannot be reached: {exception.Message}", exception);
        }

        if (response.Error == InferenceError.Cancelled) cancellationToken.ThrowIfCancellationRequested();
        return response.EnsureSuccess();
    }

    /// <inheritdoc />
    public IAsyncEnumerable<InferenceResponse> StreamAsync(IAsyncEnumerable<InferenceRequest> requests, CancellationToken cancellationToken) => PipelinedStream.RunAsync(requests, InferAsync, cancellationToken);

    /// <inheritdoc />
    public Task<ModelMetadata> GetModelMetadataAsync(string modelName, string modelVersion, CancellationToken cancellationToken) =>
        cluster.GetGrain<IInferenceGrain>(0).GetModelMetadataAsync(modelName, modelVersion).WaitAsync(cancellationToken);
}
