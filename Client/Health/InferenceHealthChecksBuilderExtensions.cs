using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansInference.Client.Health;

namespace OrleansInference;

/// <summary>Health checks of inference clients.</summary>
public static class InferenceHealthChecksBuilderExtensions
{
    /// <summary>Adds a check that the server of a client is ready, called <c>inference</c> or <c>inference-NAME</c>.</summary>
    /// <param name="checks">The application's checks.</param>
    /// <param name="name">The client's name; empty for the default one.</param>
    /// <param name="failureStatus">What a server that is not ready counts as.</param>
    /// <param name="tags">Tags to choose checks by.</param>
    public static IHealthChecksBuilder AddInferenceClient(
        this IHealthChecksBuilder checks,
        string name = "",
        HealthStatus failureStatus = HealthStatus.Unhealthy,
        params string[] tags
    )
    {
        ArgumentNullException.ThrowIfNull(checks);
        ArgumentNullException.ThrowIfNull(name);
        return checks.Add(
            new HealthCheckRegistration(
                name.Length == 0 ? "inference" : $"inference-{name}",
                services => new InferenceHealthCheck(
                    name.Length == 0
                        ? services.GetRequiredService<IInferenceClient>()
                        : services.GetRequiredKeyedService<IInferenceClient>(name)
                ),
                failureStatus,
                tags
            )
        );
    }
}
