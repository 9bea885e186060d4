using System.Net;
using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Warmup;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>
/// The gateway on real sockets over a fake dispatcher. Its body limit is 1 MiB, so that tests reach it cheaply.
/// </summary>
public sealed class GatewayHost : IAsyncDisposable
{
    /// <summary>The body limit unless a test sets another.</summary>
    public const int BodyLimit = 1 << 20;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private GatewayHost(WebApplication app, int httpPort, int grpcPort)
    {
        _app = app;
        HttpPort = httpPort;
        GrpcPort = grpcPort;
        Http = new HttpClient(new SocketsHttpHandler())
        {
            BaseAddress = new Uri($"http://127.0.0.1:{httpPort}"),
            Timeout = TimeSpan.FromSeconds(60),
        };
        _channel = GrpcChannel.ForAddress(
            $"http://127.0.0.1:{grpcPort}",
            new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null }
        );
        Grpc = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    /// <summary>Every endpoint that it has.</summary>
    internal IEnumerable<Microsoft.AspNetCore.Http.Endpoint> Endpoints =>
        ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints);

    internal FakeDispatcher Dispatcher => _app.Services.GetRequiredService<FakeDispatcher>();

    internal FakeCatalog Catalog => _app.Services.GetRequiredService<FakeCatalog>();

    internal FakeRepository Repository => _app.Services.GetRequiredService<FakeRepository>();

    internal FakeGate Gate => _app.Services.GetRequiredService<FakeGate>();

    internal FakeCluster Cluster => _app.Services.GetRequiredService<FakeCluster>();

    internal FakeRequestLog RequestLog => _app.Services.GetRequiredService<FakeRequestLog>();

    internal FakeBulkJobs Jobs => _app.Services.GetRequiredService<FakeBulkJobs>();

    /// <summary>The warm-up, which the test starts and ends itself.</summary>
    internal RequestPathWarmup CreateWarmup() => ActivatorUtilities.CreateInstance<RequestPathWarmup>(_app.Services);

    internal WarmupToken WarmupToken => _app.Services.GetRequiredService<WarmupToken>();

    internal ILogger Logger(string category) =>
        _app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    internal BytesInFlight BytesInFlight => _app.Services.GetRequiredService<BytesInFlight>();

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public HttpClient Http { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient Grpc { get; }

    /// <summary>For clients of gRPC's other services.</summary>
    public GrpcChannel Channel => _channel;

    /// <summary>
    /// Starts it with <c>Gateway:</c> settings of the test's; a name with a colon is another section's, and one that
    /// begins with it is in none.
    /// </summary>
    public static async Task<GatewayHost> StartAsync(params (string Name, string Value)[] settings)
    {
        int[] ports = FreePorts.Take(2);
        int http = ports[0];
        int grpc = ports[1];
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(new SilentLogging());
        Dictionary<string, string?> configuration = new()
        {
            ["Gateway:HttpPort"] = $"{http}",
            ["Gateway:GrpcPort"] = $"{grpc}",
            ["Gateway:MaxRequestBodyBytes"] = $"{BodyLimit}",
        };
        foreach ((string name, string value) in settings)
        {
            string key = name.Contains(':', StringComparison.Ordinal) ? name.TrimStart(':') : "Gateway:" + name;
            configuration[key] = value;
        }
        builder.Configuration.AddInMemoryCollection(configuration);
        builder
            .Services.AddSingleton<FakeDispatcher>()
            .AddSingleton<IRequestDispatcher>(services => services.GetRequiredService<FakeDispatcher>())
            .AddSingleton<FakeCatalog>()
            .AddSingleton<IModelCatalog>(services => services.GetRequiredService<FakeCatalog>())
            .AddSingleton<FakeRepository>()
            .AddSingleton<IModelRepository>(services => services.GetRequiredService<FakeRepository>())
            .AddSingleton<FakeGate>()
            .AddSingleton<IAdmissionGate>(services => services.GetRequiredService<FakeGate>())
            .AddSingleton<FakeCluster>()
            .AddSingleton<IClusterControl>(services => services.GetRequiredService<FakeCluster>())
            .AddSingleton<FakePolicies>()
            .AddSingleton<IPolicyControl>(services => services.GetRequiredService<FakePolicies>())
            .AddSingleton<FakeBulkJobs>()
            .AddSingleton<IBulkJobs>(services => services.GetRequiredService<FakeBulkJobs>())
            .AddSingleton<FakeRequestLog>()
            .AddSingleton<IRequestLog>(services => services.GetRequiredService<FakeRequestLog>());
        builder.AddInferenceGateway();
        WebApplication app = builder.Build();
        app.MapInferenceGateway();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new GatewayHost(app, http, grpc);
    }

    /// <summary>A raw connection to the HTTP port.</summary>
    internal async Task<RawConnection> ConnectAsync(int? port = null)
    {
        TcpClient client = new() { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, port ?? HttpPort, TestContext.Current.CancellationToken);
        return new RawConnection(client);
    }

    /// <summary>
    /// Stops the gateway, which waits for the end of every request, and asserts that none left anything behind.
    /// </summary>
    internal async Task StopAndCheckAsync()
    {
        await _app.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal((0, 0L, 0), (Dispatcher.Held(), BytesInFlight.Current, Gate.Inside));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _app.DisposeAsync();
    }
}
