using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Dashboard;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Planning;
using OrleansInference.Dashboard;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Gateway;
using OrleansInference.Grains.Hosting;
using OrleansInference.Silo.Clustering;
using OrleansInference.Silo.Shutdown;
using OrleansInference.Simulation.Trials;

namespace OrleansInference.Silo;

/// <summary>Composes the server.</summary>
internal static class SiloApplication
{
    /// <summary>Builds the host; it is not started.</summary>
    /// <exception cref="StartupException">An option is wrong or a port is taken.</exception>
    public static WebApplication Build(string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory }
        );
        builder.Configuration.AddInMemoryCollection(CommandLine.Parse(args));
        builder.Configuration["Engine:Models"] ??= DefaultModels();
        builder
            .Services.AddOptions<SiloHostOptions>()
            .BindConfiguration("Silo")
            .ValidateDataAnnotations()
            .ValidateOnStart();
        builder.Services.AddInferenceEngine(builder.Configuration.GetSection("Engine"));
        builder.AddInferenceGateway();
        builder.AddRequestPathWarmup();
        builder.AddInferenceTelemetry();
        builder.Services.AddGracefulStop();
        builder.Services.TryAddSingleton<IPlanTrial>(services =>
            services.GetRequiredService<IOptions<AgentOptions>>().Value.TrialMs is > 0 and double longest
                ? new PacedTrial(new TwinTrial(), services.GetRequiredService<TimeProvider>(), longest / 1000)
                : new TwinTrial()
        );
        SiloHostOptions ports = builder.Configuration.GetSection("Silo").Get<SiloHostOptions>() ?? new();
        SiloAddresses addresses = SiloAddresses.Read(
            ports,
            builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new()
        );
        builder.UseOrleans(silo =>
            silo.AddClustering(ports, addresses)
                .AddInferenceGrains()
                .AddSiloTls(ports)
                // Its counters cost a core's hundredth when they are taken every second.
                .AddDashboard(dashboard => dashboard.CounterUpdateIntervalMs = 5000)
                .AddTracePropagation(builder.Configuration)
        );
        WebApplication app = builder.Build();
        app.MapInferenceGateway();
        app.MapDashboard();
        app.MapOrleansDashboard("/orleans");
        GatewayOptions gateway = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        // Read here, so that a wrong setting is told before any port is tried.
        _ = app.Services.GetRequiredService<IOptions<SiloHostOptions>>().Value;
        _ = app.Services.GetRequiredService<IOptions<EngineOptions>>().Value;
        PortProbe.RequireFree(
            IPAddress.Parse(gateway.BindAddress),
            ("--http-port", gateway.HttpPort),
            ("--grpc-port", gateway.GrpcPort),
            ("--silo-port", ports.SiloPort),
            ("--gateway-port", ports.GatewayPort)
        );
        app.Lifetime.ApplicationStarted.Register(() =>
            Console.Out.WriteLine(Banner.Write(app.Services.GetRequiredService<InferenceEngine>(), gateway, ports))
        );
        return app;
    }

    /// <summary>The repository in the working directory, or the sample one that ships with the silo.</summary>
    private static string DefaultModels() =>
        Directory.Exists("models") ? Path.GetFullPath("models") : Path.Combine(AppContext.BaseDirectory, "models");
}
