using System.Net;
using Orleans.Configuration;

namespace OrleansInference.Silo.Clustering;

/// <summary>How silos find each other, and where grains keep their state.</summary>
internal static class ClusteringRegistration
{
    /// <summary>
    /// Redis where an address is given; else this machine's own, alone or with the silo that is to be joined.
    /// </summary>
    /// <exception cref="StartupException">An address is none.</exception>
    public static ISiloBuilder AddClustering(this ISiloBuilder silo, SiloHostOptions options, SiloAddresses addresses)
    {
        silo.Configure<ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ClusterId)
        );
        // A request that a node passes on may be as long in a queue as its caller allows.
        silo.Configure<EndpointOptions>(endpoint =>
        {
            endpoint.SiloPort = options.SiloPort;
            endpoint.GatewayPort = options.GatewayPort;
            endpoint.AdvertisedIPAddress = addresses.Advertise;
            endpoint.SiloListeningEndpoint = new IPEndPoint(addresses.Listen, options.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(addresses.Listen, options.GatewayPort);
        });
        if (options.Kubernetes)
        {
            silo.UseKubernetesHosting();
        }
        return options.Redis.Length > 0 ? silo.AddRedisCluster(options) : silo.AddLocalCluster(options, addresses);
    }
}
