using System.Net;

namespace OrleansInference.Silo.Clustering;

/// <summary>Silos on one machine without a store: the first one keeps the list of members, and all state, in its memory.</summary>
internal static class LocalCluster
{
    /// <summary>Adds it.</summary>
    public static ISiloBuilder AddLocalCluster(this ISiloBuilder silo, SiloHostOptions options)
    {
        IPEndPoint? primary = options.Join.Length == 0 ? null : HostAddress.Parse(options.Join, "--join");
        return silo
            .UseLocalhostClustering(options.SiloPort, options.GatewayPort, primary, options.ClusterId, options.ClusterId)
            .AddMemoryGrainStorageAsDefault()
            .UseInMemoryReminderService();
    }
}
