using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Silo.Clustering;

/// <summary>An address that an operator gave.</summary>
internal static class HostAddress
{
    /// <summary>Reads <c>HOST:PORT</c>; names are looked up.</summary>
    /// <exception cref="StartupException">It is none, or the name is unknown.</exception>
    public static IPEndPoint Parse(string text, string option)
    {
        int colon = text.LastIndexOf(':');
        if (
            colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is < 1 or > 65535
        )
        {
            throw new StartupException(
                $"{option} {text} is no address; expected HOST:PORT with a port from 1 to 65535."
            );
        }

        return new IPEndPoint(Resolve(text[..colon].Trim('[', ']'), option), port);
    }

    /// <summary>Reads an address, or looks a name up.</summary>
    /// <exception cref="StartupException">The name is unknown.</exception>
    public static IPAddress Resolve(string host, string option)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            return address;
        }
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (SocketException exception)
        {
            throw new StartupException($"{option}: the host '{host}' cannot be found ({exception.Message}).");
        }
    }
}
