using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansInference.Gateway.Repository;

namespace OrleansInference.Gateway.Grpc;

/// <summary>
/// What gRPC's own health service (<c>grpc.health.v1.Health</c>) says: the same as <c>/v2/health/ready</c>.
/// </summary>
internal sealed class GrpcHealth(ModelEndpoints models) : IHealthCheck
{
    /// <inheritdoc />
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) => Task.FromResult(models.IsServerReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
}
