using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace OrleansInference.Client;

/// <summary>Registers the client.</summary>
public static class InferenceClientRegistration
{
    /// <summary>
    /// Adds <see cref="IInferenceClient"/> over an Orleans client. Without <paramref name="configure"/> it connects to a
    /// silo on this machine's default gateway port 30000.
    /// </summary>
    public static IHostApplicationBuilder AddOrleansInferenceClient(this IHostApplicationBuilder builder, Action<IClientBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.UseOrleansClient(client =>
        {
            if (configure is null) client.UseLocalhostClustering();
            else configure(client);
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<IInferenceClient, OrleansInferenceClient>();
        return builder;
    }

    /// <summary>Adds <see cref="IInferenceClient"/> over the gateways at <paramref name="gateways"/> of a cluster without a membership store.</summary>
    public static IHostApplicationBuilder AddOrleansInferenceClient(this IHostApplicationBuilder builder, params IPEndPoint[] gateways) =>
        builder.AddOrleansInferenceClient(client => client.UseStaticClustering(gateways));
}
