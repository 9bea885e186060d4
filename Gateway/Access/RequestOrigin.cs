using System.Net;
using Microsoft.AspNetCore.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Detects requests of pages of other origins. Browsers name the origin, whatever the page wants.</summary>
internal sealed class RequestOrigin(AccessOptions options)
{
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>The last host, with its port, that was a known one: nearly every request names the same.</summary>
    private string _lastKnown = "";

    /// <summary>
    /// Whether a page in a browser can have sent it. A browser names the origin, or its relation to it, with every POST.
    /// </summary>
    public static bool CanBeOfBrowser(HttpRequest request) =>
        !HttpMethods.IsPost(request.Method)
        || request.Headers.Origin.Count > 0
        || request.Headers.ContainsKey(FetchSite);

    /// <summary>Why the request is refused; null where it is not.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">Whether the server asks for no key. The host name alone then gives away a page that points
    /// its own name at this machine (DNS rebinding).</param>
    public string? FindProblem(HttpRequest request, bool isOpen)
    {
        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !IsOwn(origin, request) && !options.AllowsOrigin(origin))
        {
            return $"requests of pages of {origin} are refused (Access:AllowedOrigins)";
        }
        if (
            origin.Length == 0
            && request.Headers[FetchSite].ToString() is "cross-site" or "same-site"
            && !HttpMethods.IsGet(request.Method)
        )
        {
            return "requests of pages of other sites are refused (Access:AllowedOrigins)";
        }
        return isOpen && !IsKnown(request.Host)
            ? $"a server without keys is not called '{request.Host.Host}' (Access:AllowedHosts)"
            : null;
    }

    private bool IsKnown(HostString host)
    {
        string text = host.Value ?? "";
        if (text == _lastKnown)
        {
            return true;
        }
        if (!IsKnownName(host.Host))
        {
            return false;
        }
        _lastKnown = text;
        return true;
    }

    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
        && string.Equals(
            uri.Authority,
            new Uri($"{uri.Scheme}://{request.Host.Value}").Authority,
            StringComparison.OrdinalIgnoreCase
        );

    private bool IsKnownName(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || !host.Contains('.', StringComparison.Ordinal)
        || options.AllowedHosts.Contains(host);
}
