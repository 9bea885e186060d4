using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OrleansInference.Client.Http;

/// <summary>HTTP, by <see cref="IHttpClientFactory"/>.</summary>
internal sealed class HttpTransport : IInferenceTransport
{
    /// <inheritdoc />
    public string Name => "http";

    /// <summary>What the factory calls the <see cref="HttpClient"/> of an inference client.</summary>
    public static string ClientName(string client) =>
        client.Length == 0 ? "OrleansInference" : $"OrleansInference.{client}";

    /// <summary>Registers it: its connections, key and certificates.</summary>
    public static void AddHttpClient(IServiceCollection services, string client) =>
        services
            .AddHttpClient(ClientName(client))
            // Each request brings its deadline.
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(provider => Connections.Create(Options(provider, client)))
            .AddHttpMessageHandler(provider => new BearerHandler(Options(provider, client)))
            // Four lines a request at the default level are no use at a thousand requests a second.
            .RemoveAllLoggers()
            // The connections look names up again by themselves.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);

    /// <summary>The handlers of a client, for a transport that brings its own <see cref="HttpClient"/>.</summary>
    public static HttpMessageHandler Handler(IServiceProvider services, string client) =>
        services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(ClientName(client));

    /// <inheritdoc />
    public IInferenceClient Create(IServiceProvider services, string name, InferenceClientOptions options) =>
        new HttpInferenceClient(
            services.GetRequiredService<IHttpClientFactory>().CreateClient(ClientName(name)),
            options,
            services.GetRequiredService<TimeProvider>()
        );

    private static InferenceClientOptions Options(IServiceProvider services, string client) =>
        services.GetRequiredService<IOptionsMonitor<InferenceClientOptions>>().Get(client);
}
