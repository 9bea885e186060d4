using System.Net;
using System.Net.NetworkInformation;

namespace OrleansInference.Grains.Nodes;

/// <summary>The speed of the network interface that has an address.</summary>
internal static class NetworkLink
{
    /// <summary>Megabits per second, or 0 where the system does not say.</summary>
    public static double MegabitsPerSecond(IPAddress address)
    {
        try
        {
            long bits = NetworkInterface
                .GetAllNetworkInterfaces()
                .Where(link => link.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)))
                .Select(link => link.Speed)
                .DefaultIfEmpty(0)
                .Max();
            return bits > 0 ? bits / 1e6 : 0;
        }
        catch (Exception exception) when (exception is NetworkInformationException or PlatformNotSupportedException)
        {
            return 0;
        }
    }
}
