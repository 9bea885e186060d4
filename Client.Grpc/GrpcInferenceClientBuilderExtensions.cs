using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansInference.Client.Grpc;

namespace OrleansInference;

/// <summary>gRPC for clients.</summary>
public static class GrpcInferenceClientBuilderExtensions
{
    /// <summary>
    /// Asks over gRPC: the server at the endpoint that configuration names, by the scheme grpc or grpcs or by
    /// <c>Transport=grpc</c>.
    /// </summary>
    public static IInferenceClientBuilder UseGrpc(this IInferenceClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IInferenceTransport, GrpcTransport>());
        return builder.Configure(options => options.Transport = "grpc");
    }

    /// <summary>Asks over gRPC any KServe v2 server at <paramref name="endpoint"/>.</summary>
    public static IInferenceClientBuilder UseGrpc(this IInferenceClientBuilder builder, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return builder.UseGrpc().Configure(options => options.Endpoint = endpoint);
    }

    /// <inheritdoc cref="UseGrpc(IInferenceClientBuilder, Uri)"/>
    public static IInferenceClientBuilder UseGrpc(this IInferenceClientBuilder builder, string endpoint) =>
        builder.UseGrpc(new Uri(endpoint, UriKind.Absolute));
}
