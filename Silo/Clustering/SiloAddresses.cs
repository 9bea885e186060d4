using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OrleansInference.Gateway;
using OrleansInference.Gateway.Access;

namespace OrleansInference.Silo.Clustering;

/// <summary>Where a silo listens, and where others find it.</summary>
/// <param name="Listen">The address of every port.</param>
/// <param name="Advertise">The address that other silos and clients use.</param>
internal sealed record SiloAddresses(IPAddress Listen, IPAddress Advertise)
{
    /// <summary>Reads them.</summary>
    /// <exception cref="StartupException">One is no address, or one beyond this machine is open to everybody without
    /// that having been asked for.</exception>
    public static SiloAddresses Read(SiloHostOptions silo, GatewayOptions gateway)
    {
        if (!IPAddress.TryParse(gateway.BindAddress, out IPAddress? listen))
        {
            throw new StartupException(
                $"--listen {gateway.BindAddress} is no IP address; 127.0.0.1 is this machine only, "
                    + $"0.0.0.0 is every network."
            );
        }
        if (!IPAddress.IsLoopback(listen) && gateway.ApiKeyFile.Length == 0 && !gateway.AllowAnonymous)
        {
            throw new StartupException(
                $"--listen {listen} can be reached from other machines: give --api-key-file FILE, or "
                    + $"--allow-anonymous if everybody who reaches it may use it."
            );
        }

        bool any = listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any);
        return new SiloAddresses(
            listen,
            silo.Advertise.Length > 0 ? HostAddress.Resolve(silo.Advertise, "--advertise")
                : any ? FirstOfMachine()
                : listen
        );
    }

    private static IPAddress FirstOfMachine() =>
        NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(link =>
                link.OperationalStatus == OperationalStatus.Up
                && link.NetworkInterfaceType != NetworkInterfaceType.Loopback
            )
            .SelectMany(link => link.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
        ?? throw new StartupException(
            "This machine has no address that others could reach; name one with --advertise ADDRESS."
        );
}
