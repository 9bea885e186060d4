using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Client;

/// <summary>Inference over an Orleans cluster client.</summary>
internal sealed class OrleansInferenceClient(IClusterClient cluster, TimeProvider time) : IInferenceClient
{
    /// <summary>What the answer may take beyond the deadline, for the way back.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc />
    public async Task<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        using CancellationTokenSource? deadline = request.Timeout > TimeSpan.Zero ? new CancellationTokenSource(request.Timeout + Grace, time) : null;
        using CancellationTokenSource? both = deadline is null ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        InferenceResponse response;
        try
        {
            response = await cluster.GetGrain<IInferenceGrain>(0).InferAsync(request, both?.Token ?? cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline is { IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            throw new InferenceException(InferenceError.DeadlineExceeded, $"no answer within the deadline of {request.Timeout.TotalMilliseconds:F0} ms");
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
    public Task<ModelMetadata> GetModelMetadataAsync(string modelName, string modelVersion, CancellationToken cancellationToken) =>
        cluster.GetGrain<IInferenceGrain>(0).GetModelMetadataAsync(modelName, modelVersion).WaitAsync(cancellationToken);
}
