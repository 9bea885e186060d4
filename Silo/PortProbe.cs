using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Silo;

/// <summary>
/// Takes each port exclusively for a moment before anything listens: Orleans shares its ports with another process
/// without complaint, and two silos would both report ready.
/// </summary>
internal static class PortProbe
{
    /// <summary>Checks that every port is free and named once.</summary>
    /// <exception cref="StartupException">One is not; the message names it and the option that changes it.</exception>
    public static void RequireFree(IPAddress address, params (string Option, int Port)[] ports)
    {
        foreach (
            IGrouping<int, (string Option, int Port)> same in ports
                .GroupBy(entry => entry.Port)
                .Where(group => group.Count() > 1)
        )
        {
            throw new StartupException(
                $"Port {same.Key} is asked for twice: "
                    + $"{string.Join(" and ", same.Select(entry => entry.Option))} must differ."
            );
        }

        foreach ((string option, int port) in ports)
        {
            // Connect first: a listener that allows address reuse would let an exclusive bind through on some systems.
            if (IsAnswering(address, port) || !CanBind(address, port))
            {
                throw new StartupException(
                    $"Port {port} on {address} is already in use. Stop the process that uses it, or choose "
                        + $"another with {option} PORT."
                );
            }
        }
    }

    private static bool IsAnswering(IPAddress address, int port)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(address.Equals(IPAddress.Any) ? IPAddress.Loopback : address, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool CanBind(IPAddress address, int port)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
