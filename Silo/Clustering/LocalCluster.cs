using System.Net;

namespace OrleansInference.Silo.Clustering;

/// <summary>
/// Silos on one machine without a store: the first one keeps the list of members, and all state, in its memory.
/// </summary>
internal static class LocalCluster
{
    /// <summary>Adds it.</summary>
    public static ISiloBuilder AddLocalCluster(this ISiloBuilder silo, SiloHostOptions options, SiloAddresses addresses)
    {
        IPEndPoint primary =
            options.Join.Length > 0
                ? HostAddress.Parse(options.Join, "--join")
                : new IPEndPoint(addresses.Advertise, options.SiloPort);
        return silo.UseDevelopmentClustering(primary).AddMemoryGrainStorageAsDefault().UseInMemoryReminderService();
    }
}
