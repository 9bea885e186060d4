using Microsoft.Extensions.DependencyInjection;

namespace OrleansInference;

/// <summary>Clients for programs without a service collection.</summary>
public static class InferenceClient
{
    /// <summary>
    /// A client over HTTP for a KServe v2 server, to be made once and kept: it pools its connections. Programs with a
    /// host register theirs: <see cref="InferenceClientServiceCollectionExtensions"/>.
    /// </summary>
    /// <param name="endpoint">Such as <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="configure">Further options: a key, certificates.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options are wrong.</exception>
    public static IInferenceClient Create(string endpoint, Action<InferenceClientOptions>? configure = null)
    {
        ServiceCollection services = new();
        services.AddInferenceClient().UseHttp(endpoint).Configure(configure ?? (_ => { }));
        return services.BuildServiceProvider().GetRequiredService<IInferenceClient>();
    }
}
