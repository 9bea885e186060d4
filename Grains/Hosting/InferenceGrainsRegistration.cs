using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansInference.Grains.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Models;

namespace OrleansInference.Grains.Hosting;

/// <summary>Registers what the grains need.</summary>
public static class InferenceGrainsRegistration
{
    /// <summary>Adds the pipeline, the catalog and the repository over this node's engine.</summary>
    public static IServiceCollection AddInferenceGrains(this IServiceCollection services)
    {
        services.TryAddSingleton<IInferencePipeline, InferencePipeline>();
        services.TryAddSingleton<IModelCatalog, ModelCatalog>();
        services.TryAddSingleton<IModelRepository, ModelRepositoryControl>();
        return services;
    }
}
