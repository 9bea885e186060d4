using System.Net;
using System.Net.Sockets;

namespace OrleansInference.Load.Arguments;

/// <summary>An option that names a server without TLS, as <c>http://host:port</c>.</summary>
internal static class ServerUrl
{
    /// <exception cref="UsageException">Not such a URL.</exception>
    public static Uri Parse(string option, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http", PathAndQuery: "/" }
            ? url
            : throw new UsageException($"Option --{option} expects http://host:port, not '{text}'.");

    /// <exception cref="UsageException">Not such a URL, or a host without an address.</exception>
    public static IPEndPoint Resolve(string option, string text)
    {
        var url = Parse(option, text);
        try
        {
            return new IPEndPoint(
                IPAddress.TryParse(url.DnsSafeHost, out var address) ? address : Dns.GetHostAddresses(url.Host)[0],
                url.Port
            );
        }
        catch (SocketException failure)
        {
            throw new UsageException($"Option --{option}: host '{url.Host}' is not known: {failure.Message}.");
        }
    }
}
