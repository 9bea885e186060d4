using System.Net.Http.Headers;

namespace OrleansInference.Client.KServe;

/// <summary>Puts the key into every request, of HTTP and gRPC alike.</summary>
internal sealed class ApiKeyHandler : DelegatingHandler
{
    private readonly AuthenticationHeaderValue _authorization;

    private ApiKeyHandler(string key, HttpMessageHandler inner)
        : base(inner) => _authorization = new AuthenticationHeaderValue("Bearer", key);

    /// <summary>The handler with the key; the inner one where there is none.</summary>
    /// <exception cref="ArgumentException">The key has characters that no header may have. It is not in the
    /// message.</exception>
    public static HttpMessageHandler Wrap(HttpMessageHandler inner, string? key)
    {
        if (string.IsNullOrEmpty(key))
        {
            return inner;
        }
        if (key.All(letter => letter is > ' ' and <= '~'))
        {
            return new ApiKeyHandler(key, inner);
        }
        throw new ArgumentException("ApiKey must be visible ASCII characters without spaces.", nameof(key));
    }

    /// <inheritdoc />
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        request.Headers.Authorization = _authorization;
        return base.SendAsync(request, cancellationToken);
    }
}
