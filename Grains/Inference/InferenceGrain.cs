using Orleans.Concurrency;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Inference;

/// <summary>
/// Inference for Orleans callers. Reentrant: a stateless worker that kept its turn while a batch runs would see batches
/// as small as its number of workers. It would also queue without bound in front of the bounded queue. One worker a
/// silo, because Orleans delivers a cancellation to one worker only, which need not be the one that has the call.
/// </summary>
[StatelessWorker(maxLocalWorkers: 1)]
[Reentrant]
internal sealed class InferenceGrain(IRequestDispatcher dispatcher, IModelCatalog catalog) : Grain, IInferenceGrain
{
    /// <inheritdoc />
    public async Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken)
    {
        InferenceAnswer response = await dispatcher.InferAsync(request, cancellationToken);
        foreach (Tensor output in response.Outputs)
        {
            output.ReleaseWhenSerialized = true;
        }
        return response;
    }

    /// <inheritdoc />
    public Task<ModelMetadata> GetModelMetadataAsync(string modelName, string modelVersion) =>
        Task.FromResult(catalog.GetMetadata(modelName, modelVersion));
}
