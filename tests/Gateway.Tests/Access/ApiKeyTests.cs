using System.Net;
using Grpc.Core;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol;

namespace OrleansInference.Gateway.Tests.Access;

public sealed class ApiKeyTests : IAsyncLifetime
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1],"datatype":"INT32","data":[1]}]}""";

    private readonly string _file = Path.GetTempFileName();
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, "# ours\nsecret-one acme 3 50\n\nsecret-two\n", Token);
        _gateway = await GatewayHost.StartAsync(("ApiKeyFile", _file));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        File.Delete(_file);
    }

    [Theory]
    [InlineData(null, null, 401)]
    [InlineData("X-API-Key", "wrong", 401)]
    [InlineData("X-API-Key", "secret-one", 200)]
    [InlineData("Authorization", "Bearer secret-two", 200)]
    [InlineData("Authorization", "Basic secret-two", 401)]
    public async Task Infer_WithAndWithoutAKey_IsAnsweredOrRefused(string? header, string? value, int status)
    {
        HttpResponseMessage answer = await InferAsync(header, value);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        if (status == 401)
        {
            Assert.Contains(
                "an API key is needed",
                await answer.Content.ReadAsStringAsync(Token),
                StringComparison.Ordinal
            );
        }
        Assert.Equal(status == 200 ? 1 : 0, _gateway.Dispatcher.Requests);
    }

    [Fact]
    public async Task Infer_AKeysTenant_IsWhatCounts()
    {
        await InferAsync("X-API-Key", "secret-one");

        Assert.Equal(
            ("acme", 3.0, 50.0),
            (_gateway.Gate.Last.Tenant, _gateway.Gate.Last.Weight, _gateway.Gate.Last.QuotaPerSecond)
        );
        Assert.Equal(("acme", 3.0), (_gateway.Dispatcher.Last!.Tenant, _gateway.Dispatcher.Last.TenantWeight));
    }

    [Theory]
    [InlineData("/v2/health/live", 200)]
    [InlineData("/v2/health/ready", 200)]
    [InlineData("/v2", 401)]
    [InlineData("/v2/cluster", 401)]
    [InlineData("/metrics", 401)]
    [InlineData("/nothing", 401)]
    public async Task Get_WithoutAKey_OnlyHealthIsOpen(string path, int status) =>
        Assert.Equal((HttpStatusCode)status, (await _gateway.Http.GetAsync(path, Token)).StatusCode);

    [Fact]
    public async Task Grpc_WithoutAKey_IsUnauthenticatedButForHealth()
    {
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await _gateway.Grpc.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: Token)
        );

        Assert.Equal(StatusCode.Unauthenticated, exception.StatusCode);
        Assert.True((await _gateway.Grpc.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Token)).Live);
        Assert.NotEmpty(
            (
                await _gateway.Grpc.ServerMetadataAsync(
                    new ServerMetadataRequest(),
                    new Metadata { { "x-api-key", "secret-one" } },
                    cancellationToken: Token
                )
            ).Name
        );
    }

    [Theory]
    [InlineData("a b c", "line 1: the weight is 'c'")]
    [InlineData("a b 0", "above 0")]
    [InlineData("a b 1 -1", "0 (none) or more")]
    [InlineData("a b 1 1 x", "5 fields")]
    [InlineData("a\na", "line 2 repeats a key")]
    [InlineData("# nothing", "it has no key")]
    public void ReadAll_AWrongLine_IsNamedWithoutItsKey(string text, string expected)
    {
        FormatException exception = Assert.Throws<FormatException>(() => ApiKey.ReadAll(text.Split('\n')));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> InferAsync(string? header, string? value)
    {
        HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer")
        {
            Content = new StringContent(Body),
        };
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }
        return _gateway.Http.SendAsync(request, Token);
    }
}
