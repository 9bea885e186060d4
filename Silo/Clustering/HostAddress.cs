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
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is < 1 or > 65535)
        {
            throw new StartupException($"{option} {text} is no address; expected HOST:PORT with a port from 1 to 65535.");
        }

        string host = text[..colon].Trim('[', ']');
        if (IPAddress.TryParse(host, out IPAddress? address)) return new IPEndPoint(address, port);
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return new IPEndPoint(found.FirstOrDefault(candidate => candidate.AddressFamily == AddressFamily.InterNetwork) ?? found[0], port);
        }
        catch (SocketException exception)
        {
            throw new StartupException($"{option} {text}: the host '{host}' cannot be found ({exception.Message}).");
        }
    }
}
