using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Client.Http;

namespace OrleansInference;

/// <summary>Says where a client asks, and how.</summary>
public static class InferenceClientBuilderExtensions
{
    /// <summary>Asks over HTTP any KServe v2 server at <paramref name="endpoint"/>.</summary>
    public static IInferenceClientBuilder UseHttp(this IInferenceClientBuilder builder, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return builder.Configure(options =>
        {
            options.Transport = "http";
            options.Endpoint = endpoint;
        });
    }

    /// <inheritdoc cref="UseHttp(IInferenceClientBuilder, Uri)"/>
    public static IInferenceClientBuilder UseHttp(this IInferenceClientBuilder builder, string endpoint) =>
        builder.UseHttp(new Uri(endpoint, UriKind.Absolute));

    /// <summary>Sends an API key, or an access token that does not expire, with each request.</summary>
    public static IInferenceClientBuilder WithApiKey(this IInferenceClientBuilder builder, string key) =>
        builder.Configure(options => options.ApiKey = key);

    /// <summary>Sends an access token with each request; the provider decides how long one is kept.</summary>
    public static IInferenceClientBuilder WithBearer(
        this IInferenceClientBuilder builder,
        Func<CancellationToken, ValueTask<string>> provider
    ) => builder.Configure(options => options.TokenProvider = provider);

    /// <summary>Shows a certificate to a server that asks for one.</summary>
    public static IInferenceClientBuilder WithClientCertificate(
        this IInferenceClientBuilder builder,
        X509Certificate2 certificate
    ) => builder.Configure(options => options.ClientCertificate = certificate);

    /// <summary>Trusts servers whose certificate comes from the authorities in a PEM file, and no others.</summary>
    public static IInferenceClientBuilder WithAuthority(this IInferenceClientBuilder builder, string file) =>
        builder.Configure(options => options.AuthorityFile = file);

    /// <summary>Changes options of this client; they win over configuration.</summary>
    public static IInferenceClientBuilder Configure(
        this IInferenceClientBuilder builder,
        Action<InferenceClientOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }

    /// <summary>
    /// Changes the <see cref="HttpClient"/> underneath HTTP and gRPC: resilience, service discovery, own handlers.
    /// </summary>
    public static IInferenceClientBuilder ConfigureHttpClient(
        this IInferenceClientBuilder builder,
        Action<IHttpClientBuilder> configure
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        configure(builder.Services.AddHttpClient(HttpTransport.ClientName(builder.Name)));
        return builder;
    }
}
