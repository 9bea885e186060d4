using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Gateway;

namespace OrleansInference.Silo;

/// <summary>
/// Traces and metrics over OTLP: from the HTTP or gRPC request to the batch and its run, and Orleans' own.
/// </summary>
internal static class TelemetryRegistration
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>
    /// Exports where the environment variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says, with OpenTelemetry's other
    /// variables; collects nothing without it.
    /// </summary>
    public static WebApplicationBuilder AddInferenceTelemetry(this WebApplicationBuilder builder)
    {
        if (!Exports(builder.Configuration))
        {
            return builder;
        }
        builder
            .Services.AddOpenTelemetry()
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come last, so that they win.
            .ConfigureResource(resource =>
                resource.Clear().AddService("orleans-inference").AddTelemetrySdk().AddEnvironmentVariableDetector()
            )
            .WithTracing(traces =>
                traces
                    .AddSource(EngineActivity.SourceName, "Microsoft.Orleans.*")
                    .AddAspNetCoreInstrumentation(http =>
                        http.Filter = context => !GatewayRegistration.IsWarmup(context)
                    )
            )
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(EngineActivity.SourceName, "Microsoft.Orleans", "System.Runtime")
                    .AddAspNetCoreInstrumentation()
            )
            .UseOtlpExporter();
        return builder;
    }

    /// <summary>
    /// Traces go on from node to node where they are exported. Without an exporter the two filters would cost each call
    /// and nobody would see a trace.
    /// </summary>
    public static ISiloBuilder AddTracePropagation(this ISiloBuilder silo, IConfiguration configuration) =>
        Exports(configuration) ? silo.AddActivityPropagation() : silo;

    private static bool Exports(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[Endpoint]);
}
