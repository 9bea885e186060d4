using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Grpc;

/// <summary>gRPC's own services, on a server with keys: health needs none, reflection does.</summary>
public sealed class GrpcHealthTests : IAsyncLifetime
{
    private const string Service = "inference.GRPCInferenceService";

    private readonly string _keys = Path.GetTempFileName();
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Health.HealthClient Health => new(_gateway.Channel);

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_keys, "key\n", Token);
        _gateway = await GatewayHost.StartAsync(("ApiKeyFile", _keys));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        File.Delete(_keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Service)]
    public async Task Check_ReadyAndNot_IsWhatReadinessSays(string service)
    {
        HealthCheckRequest request = new() { Service = service };

        HealthCheckResponse ready = await Health.CheckAsync(request, cancellationToken: Token);
        _gateway.Catalog.IsServerReady = false;
        HealthCheckResponse draining = await Health.CheckAsync(request, cancellationToken: Token);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, ready.Status);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, draining.Status);
    }

    [Fact]
    public async Task Check_AnUnknownService_IsNotFound()
    {
        HealthCheckRequest request = new() { Service = "nothing" };

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await Health.CheckAsync(request, cancellationToken: Token)
        );

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Service)]
    public async Task Watch_ReadinessChanges_IsTold(string service)
    {
        HealthCheckRequest request = new() { Service = service };
        using AsyncServerStreamingCall<HealthCheckResponse> watch = Health.Watch(request, cancellationToken: Token);
        IAsyncStreamReader<HealthCheckResponse> answers = watch.ResponseStream;

        await UntilAsync(answers, HealthCheckResponse.Types.ServingStatus.Serving);
        _gateway.Catalog.IsServerReady = false;
        await UntilAsync(answers, HealthCheckResponse.Types.ServingStatus.NotServing);
        _gateway.Catalog.IsServerReady = true;
        await UntilAsync(answers, HealthCheckResponse.Types.ServingStatus.Serving);
    }

    [Fact]
    public async Task Watch_TheServerStops_EndsTheWatch()
    {
        using AsyncServerStreamingCall<HealthCheckResponse> watch = Health.Watch(
            new HealthCheckRequest(),
            cancellationToken: Token
        );
        await UntilAsync(watch.ResponseStream, HealthCheckResponse.Types.ServingStatus.Serving);

        await _gateway.StopAndCheckAsync();

        await UntilAsync(watch.ResponseStream, HealthCheckResponse.Types.ServingStatus.NotServing);
        Assert.False(await watch.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task Reflection_NeedsAKeyAndNamesTheServices()
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => ServicesAsync([]));
        List<string> services = await ServicesAsync(new Metadata { { "x-api-key", "key" } });

        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.Contains(Service, services);
        Assert.Contains("grpc.health.v1.Health", services);
    }

    private async Task<List<string>> ServicesAsync(Metadata headers)
    {
        ServerReflection.ServerReflectionClient client = new(_gateway.Channel);
        using AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call =
            client.ServerReflectionInfo(headers, cancellationToken: Token);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, Token);
        await call.RequestStream.CompleteAsync();
        List<string> services = [];
        await foreach (ServerReflectionResponse answer in call.ResponseStream.ReadAllAsync(Token))
        {
            services.AddRange(answer.ListServicesResponse.Service.Select(service => service.Name));
        }
        return services;
    }

    private static async Task UntilAsync(
        IAsyncStreamReader<HealthCheckResponse> answers,
        HealthCheckResponse.Types.ServingStatus expected
    )
    {
        do
        {
            Assert.True(await answers.MoveNext(Token), $"the watch ended before it said {expected}");
        } while (answers.Current.Status != expected);
    }
}
