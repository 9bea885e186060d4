using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Whether a request comes from a page of somebody else's: browsers say so, whatever the page wants.</summary>
internal sealed class RequestOrigin(AccessOptions options)
{
    /// <summary>Why the request is refused; null where it is not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">Whether nobody is asked for a key, so that only the name that it is called by tells a page
    /// that points it at this machine.</param>
    public string? Problem(HttpRequest request, bool isOpen)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwn(origin, request) && !options.AllowedOrigins.Contains(origin))
        {
            return $"requests of pages of {origin} are refused (Access:AllowedOrigins)";
        }
        if (
            origin.Length == 0
            && request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            && !HttpMethods.IsGet(request.Method)
        )
        {
            return "requests of pages of other sites are refused (Access:AllowedOrigins)";
        }
        return isOpen && !IsKnownHost(request.Host.Host)
            ? $"a server without keys is not called '{request.Host.Host}' (Access:AllowedHosts)"
            : null;
    }

    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
        && string.Equals(
            uri.Authority,
            new Uri($"{uri.Scheme}://{request.Host.Value}").Authority,
            StringComparison.OrdinalIgnoreCase
        );

    private bool IsKnownHost(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || !host.Contains('.', StringComparison.Ordinal)
        || options.AllowedHosts.Contains(host);
}
