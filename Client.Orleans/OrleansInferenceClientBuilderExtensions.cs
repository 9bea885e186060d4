using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;
using OrleansInference.Client;
using OrleansInference.Client.Routing;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Connections;
using OrleansInference.Routing.Health;

namespace OrleansInference;

/// <summary>Orleans for clients.</summary>
public static class OrleansInferenceClientBuilderExtensions
{
    /// <summary>
    /// Asks a cluster through its gateways; the client finds those that are not named by itself, and connects when the
    /// host starts. Without any: a silo on this machine, port 30000.
    /// </summary>
    /// <exception cref="InvalidOperationException">The application has an Orleans client for another one
    /// already.</exception>
    public static IInferenceClientBuilder UseOrleans(this IInferenceClientBuilder builder, params IPEndPoint[] gateways)
    {
        ArgumentNullException.ThrowIfNull(gateways);
        IPEndPoint[] seeds = gateways.Length > 0 ? gateways : [new IPEndPoint(IPAddress.Loopback, 30000)];
        return builder.Use(
            client =>
                client.Services.AddSingleton<IGatewayListProvider>(services =>
                    services.GetRequiredService<GatewayList>()
                ),
            seeds
        );
    }

    /// <summary>Asks a cluster by an Orleans client of the caller's configuration: clustering, TLS, filters.</summary>
    /// <exception cref="InvalidOperationException">The application has an Orleans client for another one
    /// already.</exception>
    public static IInferenceClientBuilder UseOrleans(
        this IInferenceClientBuilder builder,
        Action<IClientBuilder> configure
    )
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.Use(configure, []);
    }

    private static IInferenceClientBuilder Use(
        this IInferenceClientBuilder builder,
        Action<IClientBuilder> configure,
        IPEndPoint[] gateways
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        if (services.Any(service => service.ServiceType == typeof(GatewayList)))
        {
            throw new InvalidOperationException(
                "An application has one Orleans client, and UseOrleans was called before: use UseGrpc or UseHttp for "
                    + "further clusters."
            );
        }
        services.AddSingleton<IInferenceTransport>(new OrleansTransport(builder.Name));
        services.AddOptions<RouterOptions>().BindConfiguration("Routing");
        services.AddSingleton(new GatewayList(gateways));
        services.AddOrleansClient(client =>
        {
            client.Configure<GatewayOptions>(options =>
                options.GatewayListRefreshPeriod = RoutingUpdates.GatewayRefresh
            );
            configure(client);
            client.Services.AddTensorConnections();
        });
        services.TryAddSingleton<GatewayTransport>();
        // Two clients must not walk through the same numbers in step.
        services.TryAddSingleton(provider => new RequestRouter(
            provider.GetRequiredService<GatewayTransport>(),
            provider.GetRequiredService<IOptions<RouterOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            BitConverter.ToUInt32(Guid.NewGuid().ToByteArray()) / (uint.MaxValue + 1.0)
        ));
        services.TryAddSingleton(provider => new NodeWatch(
            provider.GetRequiredService<RequestRouter>(),
            provider.GetRequiredService<GatewayTransport>(),
            provider.GetRequiredService<IOptions<RouterOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddSingleton<IConfigureOptions<ClientConnectionOptions>, ConnectionWatch>();
        services.AddHostedService<RoutingUpdates>();
        return builder.Configure(options => options.Transport = "orleans");
    }
}
