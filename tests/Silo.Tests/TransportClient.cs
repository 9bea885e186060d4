using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OrleansInference.Silo.Tests;

/// <summary>A client of one transport, in a host of its own.</summary>
internal sealed class TransportClient : IAsyncDisposable
{
    private readonly IHost _host;

    private TransportClient(IHost host) => _host = host;

    public IInferenceClient Client => _host.Services.GetRequiredService<IInferenceClient>();

    public static async Task<TransportClient> StartAsync(
        Transport transport,
        SiloProcess silo,
        CancellationToken cancellationToken
    )
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        switch (transport)
        {
            case Transport.Orleans:
                builder.Services.AddInferenceClient().UseOrleans(new IPEndPoint(IPAddress.Loopback, silo.GatewayPort));
                break;
            case Transport.Http:
                builder.Services.AddInferenceClient().UseHttp($"http://127.0.0.1:{silo.HttpPort}");
                break;
            case Transport.Grpc:
                builder.Services.AddInferenceClient().UseGrpc($"http://127.0.0.1:{silo.GrpcPort}");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(transport), transport, "Orleans, Http or Grpc");
        }

        IHost host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new TransportClient(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
