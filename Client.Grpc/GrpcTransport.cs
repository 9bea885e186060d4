using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Client.Http;
using OrleansInference.Protocol;

namespace OrleansInference.Client.Grpc;

/// <summary>gRPC over the client's HTTP connections.</summary>
internal sealed class GrpcTransport : IInferenceTransport
{
    /// <inheritdoc />
    public string Name => "grpc";

    /// <inheritdoc />
    public IInferenceClient Create(IServiceProvider services, string name, InferenceClientOptions options)
    {
        GrpcChannel channel = GrpcChannel.ForAddress(
            Address(options.Endpoint!),
            new GrpcChannelOptions
            {
                // How large a message is follows from the model; the server has its own limit.
                MaxReceiveMessageSize = null,
                MaxSendMessageSize = null,
                HttpHandler = HttpTransport.Handler(services, name),
            }
        );
        return new GrpcInferenceClient(
            channel,
            new GRPCInferenceService.GRPCInferenceServiceClient(channel),
            services.GetRequiredService<TimeProvider>()
        );
    }

    // The scheme says which protocol; underneath it is HTTP/2.
    private static Uri Address(Uri endpoint) =>
        endpoint.Scheme switch
        {
            "grpc" => new UriBuilder(endpoint) { Scheme = Uri.UriSchemeHttp }.Uri,
            "grpcs" => new UriBuilder(endpoint) { Scheme = Uri.UriSchemeHttps }.Uri,
            _ => endpoint,
        };
}
