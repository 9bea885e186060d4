using Orleans.Concurrency;

namespace OrleansInference.Grains.Interfaces.Inference;

/// <summary>
/// Inference for any Orleans client: a stateless worker on each silo, whose key carries no meaning. It passes straight
/// to the node's bounded queue.
/// </summary>
[Alias("OrleansInference.IInferenceGrain")]
public interface IInferenceGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="IRequestDispatcher.InferAsync"/>
    [Alias("Infer")]
    Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken);

    /// <summary>What a model takes and gives.</summary>
    /// <exception cref="InferenceException">No such model or version.</exception>
    [Alias("GetMetadata")]
    Task<ModelMetadata> GetModelMetadataAsync(string modelName, string modelVersion);
}
