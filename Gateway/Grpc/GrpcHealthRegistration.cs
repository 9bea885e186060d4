using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace OrleansInference.Gateway.Grpc;

/// <summary>Registers gRPC's own health service.</summary>
internal static class GrpcHealthRegistration
{
    /// <summary>How soon a watcher hears of a change; a call of Check looks at once.</summary>
    private static readonly TimeSpan s_watchPeriod = TimeSpan.FromSeconds(1);

    /// <summary>Adds it, for the server as a whole and for the service of inference by its name.</summary>
    public static void AddGrpcHealth(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddGrpcHealthChecks(health =>
            {
                health.Services.Map("", _ => true);
                health.Services.Map(GRPCInferenceService.Descriptor.FullName, _ => true);
            })
            .AddCheck<GrpcHealth>("ready");
        builder.Services.Configure<HealthCheckPublisherOptions>(publisher =>
        {
            publisher.Delay = TimeSpan.Zero;
            publisher.Period = s_watchPeriod;
        });
        // It would log an error with every look while models are being loaded, which is no error.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
    }
}
