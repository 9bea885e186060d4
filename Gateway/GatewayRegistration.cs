using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Agent;
using OrleansInference.Gateway.Cloud;
using OrleansInference.Gateway.Cluster;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Generate;
using OrleansInference.Gateway.Grpc;
using OrleansInference.Gateway.Hosting;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Jobs;
using OrleansInference.Gateway.Repository;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Gateway.Warmup;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway;

/// <summary>Registers and maps the KServe v2 endpoints.</summary>
public static class GatewayRegistration
{
    /// <summary>
    /// Adds the gateway, bound to the configuration section <c>Gateway</c>. Every size limit follows the one body
    /// limit.
    /// </summary>
    public static WebApplicationBuilder AddInferenceGateway(this WebApplicationBuilder builder)
    {
        builder
            .Services.AddOptions<GatewayOptions>()
            .BindConfiguration("Gateway")
            .PostConfigure<IConfiguration>(CloudRoutes.Configure)
            .ValidateDataAnnotations()
            .Validate(
                options => IPAddress.TryParse(options.BindAddress, out _),
                "Gateway:BindAddress must be an IP address."
            )
            .Validate(
                options => options.MaxBytesInFlight >= options.MaxRequestBodyBytes,
                "Gateway:MaxBytesInFlight must be at least Gateway:MaxRequestBodyBytes, or the largest "
                    + "request is never served."
            )
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder
            .Services.AddOptions<AccessOptions>()
            .BindConfiguration("Access")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddGatewayAccess();
        builder.Services.AddSingleton<WarmupToken>();
        builder.Services.AddSingleton(Keys);
        builder.Services.AddSingleton<BytesInFlight>();
        builder.Services.AddSingleton<UnexpectedFailure>();
        builder.Services.AddSingleton<JsonAnswer>();
        builder.Services.AddSingleton<SharedMemoryRegions>();
        builder.Services.AddSingleton<OutputDelivery>();
        builder.Services.AddSingleton<TraceSettings>();
        builder.Services.AddSingleton<TraceRecorder>();
        builder.Services.AddSingleton<LatencyMetrics>();
        builder.Services.AddSingleton<MetricsEndpoint>();
        builder.Services.AddSingleton<ProtocolForm>();
        builder.Services.AddSingleton<CloudRoutes>();
        builder.Services.AddSingleton<InferEndpoint>();
        builder.Services.AddSingleton<ModelEndpoints>();
        builder.Services.AddSingleton<RepositoryEndpoints>();
        builder.Services.AddSingleton<StatisticsEndpoints>();
        builder.Services.AddSingleton<RequestLogEndpoint>();
        builder.Services.AddSingleton<ClusterEndpoints>();
        builder.Services.AddSingleton<BackupEndpoint>();
        builder.Services.AddSingleton<AgentEndpoints>();
        builder.Services.AddSingleton<PolicyEndpoints>();
        builder.Services.AddSingleton<TenantsEndpoint>();
        builder.Services.AddSingleton<SharedMemoryEndpoints>();
        builder.Services.AddSingleton<SettingsEndpoints>();
        builder.Services.AddSingleton<JobEndpoints>();
        // The last source of the configuration wins: a change by a client outranks files and the command line.
        LogSettings logs = new();
        ((IConfigurationBuilder)builder.Configuration).Add(logs);
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<InferenceHandler>();
        builder.Services.AddSingleton<GrpcAnswers>();
        builder.Services.AddSingleton<GrpcInference>();
        builder.Services.AddSingleton<GrpcRepository>();
        builder.Services.AddSingleton<GrpcSharedMemory>();
        builder.Services.AddSingleton<GrpcSettings>();
        builder.Services.AddSingleton<InferenceGrpcService>();
        builder.Services.AddGrpc();
        builder.Services.AddGrpcReflection();
        builder.AddGrpcHealth();
        builder
            .Services.AddOptions<GrpcServiceOptions>()
            .Configure<IOptions<GatewayOptions>>(
                (grpc, gateway) =>
                {
                    grpc.MaxReceiveMessageSize = gateway.Value.MaxRequestBodyBytes;
                    // How large an answer is follows from the model, not from what a client sent.
                    grpc.MaxSendMessageSize = null;
                }
            );
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, BlockPoolFactory>();
        builder
            .Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<GatewayOptions>>((kestrel, gateway) => GatewayListener.Listen(kestrel, gateway.Value));
        return builder;
    }

    /// <summary>Adds the warm-up of the request path, which <see cref="GatewayOptions.WarmupMs"/> bounds.</summary>
    public static WebApplicationBuilder AddRequestPathWarmup(this WebApplicationBuilder builder)
    {
        builder.Services.AddHostedService<RequestPathWarmup>();
        return builder;
    }

    /// <summary>Whether a request is one that the server sends itself to warm its request path.</summary>
    public static bool IsWarmup(HttpContext context) =>
        context.RequestServices.GetRequiredService<WarmupToken>().IsOwn(context.Request);

    /// <summary>Maps the protocol's routes; everything else is answered 404 in the protocol's form.</summary>
    public static WebApplication MapInferenceGateway(this WebApplication app)
    {
        int metricsPort = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.MetricsPort;
        if (metricsPort > 0)
        {
            app.Use(
                (context, next) =>
                    context.Connection.LocalPort != metricsPort || context.Request.Path == "/metrics"
                        ? next(context)
                        : ErrorResponse.WriteAsync(
                            context,
                            StatusCodes.Status404NotFound,
                            "this port serves /metrics only"
                        )
            );
        }

        // The host would add its own authentication, which makes a service scope for every request. Access control
        // asks for tokens and log-ins itself, where a request carries one.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        // In front of every route, so that none is open by oversight.
        app.Use(app.Services.GetRequiredService<AccessControl>().InvokeAsync);
        MapInference(app, app.Services);
        app.Services.GetRequiredService<CloudRoutes>().Map(app);
        app.Services.GetRequiredService<RepositoryEndpoints>().Map(app);
        app.Services.GetRequiredService<ClusterEndpoints>().Map(app);
        app.Services.GetRequiredService<AgentEndpoints>().Map(app);
        app.Services.GetRequiredService<PolicyEndpoints>().Map(app);
        app.Services.GetRequiredService<SharedMemoryEndpoints>().Map(app);
        app.Services.GetRequiredService<SettingsEndpoints>().Map(app);
        app.Services.GetRequiredService<JobEndpoints>().Map(app);
        app.MapOnly(HttpMethods.Get, "/v2/cluster/backup", app.Services.GetRequiredService<BackupEndpoint>().GetAsync);
        MapDiagnostics(app, app.Services);
        MapSessions(app, app.Services.GetRequiredService<DashboardSession>());
        app.MapGrpcService<InferenceGrpcService>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        app.MapFallback(
            "{*path}",
            (RequestDelegate)(
                context =>
                    ErrorResponse.WriteAsync(
                        context,
                        StatusCodes.Status404NotFound,
                        $"there is no {context.Request.Method} {context.Request.Path}"
                    )
            )
        );
        return app;
    }

    private static AccessControl Keys(IServiceProvider services)
    {
        string path = services.GetRequiredService<IOptions<GatewayOptions>>().Value.ApiKeyFile;
        try
        {
            ApiKeyFile? keys =
                path.Length == 0
                    ? null
                    : new ApiKeyFile(
                        path,
                        services.GetRequiredService<TimeProvider>(),
                        services.GetRequiredService<ILogger<ApiKeyFile>>()
                    );
            return new AccessControl(
                keys,
                services.GetRequiredService<AccessTokens>(),
                services.GetRequiredService<WarmupToken>(),
                services.GetRequiredService<IOptions<AccessOptions>>(),
                services.GetRequiredService<AuditLog>()
            );
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsValidationException(
                nameof(GatewayOptions),
                typeof(GatewayOptions),
                [$"The API keys (--api-key-file) cannot be used: {exception.Message}"]
            );
        }
    }

    private static void MapInference(WebApplication app, IServiceProvider services)
    {
        ModelEndpoints models = services.GetRequiredService<ModelEndpoints>();
        InferEndpoint infer = services.GetRequiredService<InferEndpoint>();
        StatisticsEndpoints statistics = services.GetRequiredService<StatisticsEndpoints>();
        IModelCatalog catalog = services.GetRequiredService<IModelCatalog>();
        GenerateForm generate = new(catalog, isStream: false);
        GenerateForm stream = new(catalog, isStream: true);
        app.MapOnly(HttpMethods.Get, "/v2", models.ServerAsync);
        app.MapOnly(HttpMethods.Get, "/v2/health/live", models.LiveAsync);
        app.MapOnly(HttpMethods.Get, "/v2/health/ready", models.ReadyAsync);
        foreach (string prefix in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            app.MapOnly(HttpMethods.Get, prefix, models.MetadataAsync);
            app.MapOnly(HttpMethods.Get, prefix + "/ready", models.ModelReadyAsync);
            app.MapOnly(HttpMethods.Get, prefix + "/config", models.ConfigAsync);
            app.MapOnly(HttpMethods.Post, prefix + "/infer", infer.HandleAsync);
            app.MapOnly(HttpMethods.Post, prefix + "/generate", context => infer.HandleAsync(context, generate));
            app.MapOnly(HttpMethods.Post, prefix + "/generate_stream", context => infer.HandleAsync(context, stream));
            app.MapOnly(HttpMethods.Get, prefix + "/stats", statistics.StatisticsAsync);
        }

        app.MapOnly(HttpMethods.Get, "/v2/models/stats", statistics.StatisticsAsync);
    }

    private static void MapDiagnostics(WebApplication app, IServiceProvider services)
    {
        app.MapOnly(HttpMethods.Get, "/v2/requests", services.GetRequiredService<RequestLogEndpoint>().FindAsync);
        app.MapOnly(HttpMethods.Get, "/v2/tenants", services.GetRequiredService<TenantsEndpoint>().ListAsync);
        app.MapOnly(HttpMethods.Get, "/metrics", services.GetRequiredService<MetricsEndpoint>().ScrapeAsync);
    }

    private static void MapSessions(WebApplication app, DashboardSession session)
    {
        app.MapOnly(HttpMethods.Post, "/dashboard/login", session.LogInAsync);
        app.MapOnly(HttpMethods.Post, "/dashboard/logout", DashboardSession.LogOutAsync);
        app.MapOnly(HttpMethods.Get, "/dashboard/session", session.DescribeAsync);
    }
}
