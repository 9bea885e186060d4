using System.Net;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using OrleansInference.Client.KServe;
using OrleansInference.Client.Routing;
using OrleansInference.Protocol;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Connections;
using OrleansInference.Routing.Health;

namespace OrleansInference.Client;

/// <summary>Registers the client.</summary>
public static class InferenceClientRegistration
{
    /// <summary>
    /// Adds <see cref="IInferenceClient"/> over an Orleans client. Without <paramref name="configure"/> it connects to
    /// a silo on this machine's default gateway port 30000.
    /// </summary>
    public static IHostApplicationBuilder AddOrleansInferenceClient(
        this IHostApplicationBuilder builder,
        Action<IClientBuilder>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return configure is null
            ? builder.AddOrleansInferenceClient(new IPEndPoint(IPAddress.Loopback, 30000))
            : builder.AddOrleansInferenceClient(configure, []);
    }

    /// <summary>
    /// Adds <see cref="IInferenceClient"/> over the gateways at <paramref name="gateways"/>; it finds the cluster's
    /// other ones by itself.
    /// </summary>
    public static IHostApplicationBuilder AddOrleansInferenceClient(
        this IHostApplicationBuilder builder,
        params IPEndPoint[] gateways
    ) =>
        builder.AddOrleansInferenceClient(
            client =>
                client.Services.AddSingleton<IGatewayListProvider>(services =>
                    services.GetRequiredService<GatewayList>()
                ),
            gateways
        );

    /// <summary>
    /// Adds <see cref="IInferenceClient"/> over HTTP, for any KServe v2 server at <paramref name="address"/>.
    /// </summary>
    public static IServiceCollection AddKServeHttpInferenceClient(
        this IServiceCollection services,
        Uri address,
        Action<KServeHttpOptions>? configure = null
    )
    {
        KServeHttpOptions options = new() { Address = address };
        configure?.Invoke(options);
        services.TryAddSingleton(TimeProvider.System);
        // One handler for the client's life: it pools connections, and looks a name up again every few minutes.
        SocketsHttpHandler connections = new() { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        // Without a timeout of its own: each request brings its deadline.
        HttpClient http = new(ApiKeyHandler.Wrap(connections, options.ApiKey)) { Timeout = Timeout.InfiniteTimeSpan };
        services.TryAddSingleton<IInferenceClient>(provider => new KServeHttpInferenceClient(
            http,
            options,
            provider.GetRequiredService<TimeProvider>()
        ));
        return services;
    }

    /// <summary>
    /// Adds <see cref="IInferenceClient"/> over gRPC, for any KServe v2 server at <paramref name="address"/>, such as
    /// <c>http://127.0.0.1:8081</c>.
    /// </summary>
    public static IServiceCollection AddKServeGrpcInferenceClient(
        this IServiceCollection services,
        Uri address,
        Action<KServeGrpcOptions>? configure = null
    )
    {
        KServeGrpcOptions options = new() { Address = address };
        configure?.Invoke(options);
        SocketsHttpHandler connections = new()
        {
            // Beyond the streams of one connection calls would wait for each other.
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = 8 << 20,
        };
        HttpMessageHandler handler = ApiKeyHandler.Wrap(connections, options.ApiKey);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ =>
            GrpcChannel.ForAddress(
                options.Address,
                new GrpcChannelOptions
                {
                    // How large a message is follows from the model; the server has its own limit.
                    MaxReceiveMessageSize = null,
                    MaxSendMessageSize = null,
                    HttpHandler = handler,
                }
            )
        );
        services.TryAddSingleton<IInferenceClient>(provider => new KServeGrpcInferenceClient(
            new GRPCInferenceService.GRPCInferenceServiceClient(provider.GetRequiredService<GrpcChannel>()),
            provider.GetRequiredService<TimeProvider>()
        ));
        return services;
    }

    private static IHostApplicationBuilder AddOrleansInferenceClient(
        this IHostApplicationBuilder builder,
        Action<IClientBuilder> configure,
        IPEndPoint[] gateways
    )
    {
        builder.Services.AddOptions<RouterOptions>().BindConfiguration("Routing");
        builder.Services.AddSingleton(new GatewayList(gateways));
        builder.UseOrleansClient(client =>
        {
            client.Configure<GatewayOptions>(options =>
                options.GatewayListRefreshPeriod = RoutingUpdates.GatewayRefresh
            );
            configure(client);
            client.Services.AddTensorConnections();
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<GatewayTransport>();
        // Two clients must not walk through the same numbers in step.
        builder.Services.TryAddSingleton(services => new RequestRouter(
            services.GetRequiredService<GatewayTransport>(),
            services.GetRequiredService<IOptions<RouterOptions>>().Value,
            services.GetRequiredService<TimeProvider>(),
            BitConverter.ToUInt32(Guid.NewGuid().ToByteArray()) / (uint.MaxValue + 1.0)
        ));
        builder.Services.TryAddSingleton(services => new NodeWatch(
            services.GetRequiredService<RequestRouter>(),
            services.GetRequiredService<GatewayTransport>(),
            services.GetRequiredService<IOptions<RouterOptions>>().Value,
            services.GetRequiredService<TimeProvider>()
        ));
        builder.Services.AddSingleton<IConfigureOptions<ClientConnectionOptions>, ConnectionWatch>();
        builder.Services.AddHostedService<RoutingUpdates>();
        builder.Services.TryAddSingleton<IInferenceClient, OrleansInferenceClient>();
        return builder;
    }
}
