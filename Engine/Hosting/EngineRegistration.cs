using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Hosting;

/// <summary>Registers the engine.</summary>
public static class EngineRegistration
{
    /// <summary>
    /// Adds <see cref="InferenceEngine"/>, configured by <paramref name="section"/>, and the service that starts it.
    /// </summary>
    public static IServiceCollection AddInferenceEngine(this IServiceCollection services, IConfigurationSection section)
    {
        services.AddOptions<EngineOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<InferenceEngine>();
        services.TryAddSingleton<IRequestLog>(provider => provider.GetRequiredService<InferenceEngine>().Requests);
        services.AddMetrics();
        services.TryAddSingleton<EngineMetrics>();
        services.AddHostedService<EngineService>();
        return services;
    }
}
