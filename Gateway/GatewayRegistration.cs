using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
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
using OrleansInference.Gateway.Cluster;
using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Grpc;
using OrleansInference.Gateway.Hosting;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Jobs;
using OrleansInference.Gateway.Repository;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Gateway.Warmup;

namespace OrleansInference.Gateway;

/// <summary>Registers and maps the KServe v2 endpoints.</summary>
public static class GatewayRegistration
{
    /// <summary>Adds the gateway, bound to the configuration section <c>Gateway</c>. Every size limit follows the one body limit.</summary>
    public static WebApplicationBuilder AddInferenceGateway(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<GatewayOptions>().BindConfiguration("Gateway").ValidateDataAnnotations()
            .Validate(options => IPAddress.TryParse(options.BindAddress, out _), "Gateway:BindAddress must be an IP address.")
            .Validate(options => options.MaxBytesInFlight >= options.MaxRequestBodyBytes, "Gateway:MaxBytesInFlight must be at least Gateway:MaxRequestBodyBytes, or the largest request is never served.")
            .ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddOptions<AccessOptions>().BindConfiguration("Access").ValidateDataAnnotations().ValidateOnStart();
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
        builder.Services.AddSingleton<MetricsEndpoint>();
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
        LogSettings logs = new();
        ((IConfigurationBuilder)builder.Configuration).Add(logs);
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<InferenceGrpcService>();
        builder.Services.AddGrpc();
        builder.Services.AddOptions<GrpcServiceOptions>().Configure<IOptions<GatewayOptions>>((grpc, gateway) =>
        {
            grpc.MaxReceiveMessageSize = gateway.Value.MaxRequestBodyBytes;
            grpc.MaxSendMessageSize = null;
        });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<GatewayOptions>>((kestrel, gateway) => GatewayListener.Listen(kestrel, gateway.Value));
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
            app.Use((context, next) => context.Connection.LocalPort != metricsPort || context.Request.Path == "/metrics"
                ? next(context)
                : ErrorResponse.WriteAsync(context, StatusCodes.Status404NotFound, "this port serves /metrics only"));
        }

        app.Use(app.Services.GetRequiredService<AccessControl>().InvokeAsync);
        ModelEndpoints models = app.Services.GetRequiredService<ModelEndpoints>();
        InferEndpoint infer = app.Services.GetRequiredService<InferEndpoint>();
        StatisticsEndpoints statistics = app.Services.GetRequiredService<StatisticsEndpoints>();
        Map(app, HttpMethods.Get, "/v2", models.ServerAsync);
        Map(app, HttpMethods.Get, "/v2/health/live", ModelEndpoints.LiveAsync);
        Map(app, HttpMethods.Get, "/v2/health/ready", models.ReadyAsync);
        foreach (string prefix in new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" })
        {
            Map(app, HttpMethods.Get, prefix, models.MetadataAsync);
            Map(app, HttpMethods.Get, prefix + "/ready", models.ModelReadyAsync);
            Map(app, HttpMethods.Get, prefix + "/config", models.ConfigAsync);
            Map(app, HttpMethods.Post, prefix + "/infer", infer.HandleAsync);
            Map(app, HttpMethods.Get, prefix + "/stats", statistics.StatisticsAsync);
        }

        Map(app, HttpMethods.Get, "/v2/models/stats", statistics.StatisticsAsync);
        Map(app, HttpMethods.Get, "/v2/requests", app.Services.GetRequiredService<RequestLogEndpoint>().FindAsync);
        Map(app, HttpMethods.Get, "/v2/tenants", app.Services.GetRequiredService<TenantsEndpoint>().ListAsync);
        Map(app, HttpMethods.Get, "/metrics", app.Services.GetRequiredService<MetricsEndpoint>().ScrapeAsync);
        MapRepository(app, app.Services.GetRequiredService<RepositoryEndpoints>());
        MapCluster(app, app.Services.GetRequiredService<ClusterEndpoints>());
        Map(app, HttpMethods.Get, "/v2/cluster/backup", app.Services.GetRequiredService<BackupEndpoint>().GetAsync);
        MapAgent(app, app.Services.GetRequiredService<AgentEndpoints>(), app.Services.GetRequiredService<PolicyEndpoints>());
        MapSharedMemory(app, app.Services.GetRequiredService<SharedMemoryEndpoints>());
        MapSettings(app, app.Services.GetRequiredService<SettingsEndpoints>());
        MapJobs(app, app.Services.GetRequiredService<JobEndpoints>());
        Map(app, HttpMethods.Post, "/dashboard/login", app.Services.GetRequiredService<DashboardSession>().LogInAsync);
        Map(app, HttpMethods.Post, "/dashboard/logout", DashboardSession.LogOutAsync);
        Map(app, HttpMethods.Get, "/dashboard/session", app.Services.GetRequiredService<DashboardSession>().WhoAsync);

        app.MapGrpcService<InferenceGrpcService>();
        app.MapFallback("{*path}", (RequestDelegate)(context => ErrorResponse.WriteAsync(context, StatusCodes.Status404NotFound, $"there is no {context.Request.Method} {context.Request.Path}")));
        return app;
    }

    private static AccessControl Keys(IServiceProvider services)
    {
        string path = services.GetRequiredService<IOptions<GatewayOptions>>().Value.ApiKeyFile;
        try
        {
            ApiKeyFile? keys = path.Length == 0 ? null : new ApiKeyFile(path, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ApiKeyFile>>());
            return new AccessControl(
                keys,
                services.GetRequiredService<AccessTokens>(),
                services.GetRequiredService<WarmupToken>(),
                services.GetRequiredService<IOptions<AccessOptions>>(),
                services.GetRequiredService<AuditLog>());
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new OptionsValidationException(nameof(GatewayOptions), typeof(GatewayOptions), [$"The API keys (--api-key-file) cannot be used: {exception.Message}"]);
        }
    }

    private static void MapRepository(WebApplication app, RepositoryEndpoints repository)
    {
        Map(app, HttpMethods.Post, "/v2/repository/index", repository.IndexAsync);
        Map(app, HttpMethods.Post, "/v2/repository/models/{model}/load", repository.LoadAsync);
        Map(app, HttpMethods.Post, "/v2/repository/models/{model}/unload", repository.UnloadAsync);
    }

    private static void MapAgent(WebApplication app, AgentEndpoints agent, PolicyEndpoints policies)
    {
        Map(app, HttpMethods.Get, "/v2/agent", agent.StateAsync);
        Map(app, HttpMethods.Get, "/v2/agent/stream", agent.StreamAsync);
        Map(app, HttpMethods.Get, "/v2/agent/scores", agent.ScoresAsync);
        Map(app, HttpMethods.Post, "/v2/agent/mode", agent.ModeAsync);
        Map(app, HttpMethods.Post, "/v2/agent/resume", agent.ResumeAsync);
        app.MapMethods("/v2/agent/policies", [HttpMethods.Get, HttpMethods.Post], policies.ListOrPromoteAsync);
        Map(app, HttpMethods.Post, "/v2/agent/policies/rollback", policies.RollBackAsync);
        Map(app, HttpMethods.Post, "/v2/agent/decisions/{id}/approve", context => agent.AnswerAsync(context, approve: true));
        Map(app, HttpMethods.Post, "/v2/agent/decisions/{id}/refuse", context => agent.AnswerAsync(context, approve: false));
        Map(app, HttpMethods.Post, "/v2/cluster/nodes/{node}/search/{model}", agent.SearchAsync);
        Map(app, HttpMethods.Post, "/v2/cluster/nodes/{node}/measure/{model}", agent.MeasureAsync);
    }

    private static void MapCluster(WebApplication app, ClusterEndpoints cluster)
    {
        Map(app, HttpMethods.Get, "/v2/cluster", cluster.StateAsync);
        Map(app, HttpMethods.Post, "/v2/cluster/nodes/{node}/drain", context => cluster.DrainAsync(context, drain: true));
        Map(app, HttpMethods.Post, "/v2/cluster/nodes/{node}/undrain", context => cluster.DrainAsync(context, drain: false));
        Map(app, HttpMethods.Post, "/v2/cluster/nodes/{node}/profile/{model}", cluster.ProfileAsync);
        Map(app, HttpMethods.Post, "/v2/cluster/models/{model}/pin", cluster.PinAsync);
        Map(app, HttpMethods.Post, "/v2/cluster/models/{model}/unpin", cluster.UnpinAsync);
    }

    private static void MapSharedMemory(WebApplication app, SharedMemoryEndpoints memory)
    {
        foreach (string region in new[] { "", "/region/{region}" })
        {
            Map(app, HttpMethods.Get, $"/v2/systemsharedmemory{region}/status", memory.StatusAsync);
            Map(app, HttpMethods.Post, $"/v2/systemsharedmemory{region}/unregister", memory.UnregisterAsync);
            Map(app, HttpMethods.Get, $"/v2/cudasharedmemory{region}/status", SharedMemoryEndpoints.CudaStatusAsync);
            Map(app, HttpMethods.Post, $"/v2/cudasharedmemory{region}/unregister", JsonAnswer.DoneAsync);
        }

        Map(app, HttpMethods.Post, "/v2/systemsharedmemory/region/{region}/register", memory.RegisterAsync);
        Map(app, HttpMethods.Post, "/v2/cudasharedmemory/region/{region}/register", memory.CudaRegisterAsync);
    }

    private static void MapSettings(WebApplication app, SettingsEndpoints settings)
    {
        foreach (string path in new[] { "/v2/trace/setting", "/v2/models/{model}/trace/setting" }) app.MapMethods(path, [HttpMethods.Get, HttpMethods.Post], settings.TraceAsync);
        app.MapMethods("/v2/logging", [HttpMethods.Get, HttpMethods.Post], settings.LogAsync);
    }

    private static void MapJobs(WebApplication app, JobEndpoints jobs)
    {
        app.MapMethods("/v2/jobs", [HttpMethods.Get, HttpMethods.Post], jobs.ListOrStartAsync);
        Map(app, HttpMethods.Get, "/v2/jobs/{id}", jobs.GetAsync);
        Map(app, HttpMethods.Post, "/v2/jobs/{id}/pause", jobs.PauseAsync);
        Map(app, HttpMethods.Post, "/v2/jobs/{id}/resume", jobs.ResumeAsync);
        Map(app, HttpMethods.Post, "/v2/jobs/{id}/cancel", jobs.CancelAsync);
    }

    /// <summary>Maps a path to its one method; any other is answered 405.</summary>
    private static void Map(WebApplication app, string method, string path, RequestDelegate handler)
    {
        app.MapMethods(path, [method], handler);
        app.Map(path, (RequestDelegate)(context => ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Path} takes {method}, not {context.Request.Method}", method)));
    }
}
