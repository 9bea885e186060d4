using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansInference.Client.Health;

/// <summary>Healthy while the server that a client asks is ready.</summary>
internal sealed class InferenceHealthCheck(IInferenceClient client) : IHealthCheck
{
    /// <inheritdoc />
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken
    ) =>
        await client.IsReadyAsync(cancellationToken).ConfigureAwait(false)
            ? HealthCheckResult.Healthy()
            : new HealthCheckResult(
                context.Registration.FailureStatus,
                "the inference server does not answer, or is not ready"
            );
}
