using System.Net.Http.Headers;

namespace OrleansInference.Client.Http;

/// <summary>Puts the key or token into every request, of HTTP and gRPC alike.</summary>
internal sealed class BearerHandler(InferenceClientOptions options) : DelegatingHandler
{
    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        string? key = options.TokenProvider is { } provider
            ? await provider(cancellationToken).ConfigureAwait(false)
            : options.ApiKey;
        if (!string.IsNullOrEmpty(key))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
