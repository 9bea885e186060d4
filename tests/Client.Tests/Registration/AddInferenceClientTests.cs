using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace OrleansInference.Client.Tests.Registration;

/// <summary>Several clients in one application, and where each learns what it asks.</summary>
public sealed class AddInferenceClientTests
{
    private const string Answer =
        """{"model_name":"NAME","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[1]}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InferAsync_ThreeClients_EachAsksItsOwnServerWithItsOwnKey()
    {
        await using KeyedServer first = await KeyedServer.StartAsync("first");
        await using KeyedServer second = await KeyedServer.StartAsync("second");
        await using KeyedServer third = await KeyedServer.StartAsync("third");
        ServiceCollection services = new();
        services.AddSingleton(
            Configuration(
                ("OrleansInference:Clients:second:Endpoint", $"{second.Address}"),
                ("OrleansInference:Clients:second:ApiKey", "key-2"),
                ("ConnectionStrings:third", $"Endpoint={third.Address};Key=key-3")
            )
        );
        services.AddInferenceClient().UseHttp(first.Address).WithApiKey("key-1");
        services.AddInferenceClient("second");
        services.AddInferenceClient("third");
        await using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal("first", await AskAsync(provider.GetRequiredService<IInferenceClient>()));
        Assert.Equal("second", await AskAsync(provider.GetRequiredKeyedService<IInferenceClient>("second")));
        Assert.Equal("third", await AskAsync(provider.GetRequiredKeyedService<IInferenceClient>("third")));
        Assert.Equal(("Bearer key-1", "Bearer key-2", "Bearer key-3"), (first.Key, second.Key, third.Key));
    }

    [Fact]
    public async Task WithBearer_AProvider_IsAskedForEachRequest()
    {
        await using KeyedServer server = await KeyedServer.StartAsync("only");
        int asked = 0;
        ServiceCollection services = new();
        services.AddInferenceClient().UseHttp(server.Address).WithBearer(_ => ValueTask.FromResult($"token-{++asked}"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        IInferenceClient client = provider.GetRequiredService<IInferenceClient>();

        await AskAsync(client);
        await AskAsync(client);

        Assert.Equal("Bearer token-2", server.Key);
    }

    [Fact]
    public void AddInferenceClient_TheSameNameTwice_IsRefused()
    {
        ServiceCollection services = new();
        services.AddInferenceClient();
        services.AddInferenceClient("a");

        Assert.Contains(
            "give a second one a name",
            Assert.Throws<InvalidOperationException>(() => services.AddInferenceClient()).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "client 'a' already",
            Assert.Throws<InvalidOperationException>(() => services.AddInferenceClient("a")).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(null, "has no endpoint")]
    [InlineData("Endpoint=ftp://host", "its scheme must be http, https, grpc or grpcs")]
    [InlineData("grpc://host:1", "UseGrpc of OrleansInference.Client.Grpc")]
    [InlineData("Endpoint=http://host;Transport=pigeon", "transport 'pigeon'; there are http")]
    [InlineData("Endpoint=http://host;Colour=red", "it names 'colour'; allowed are Endpoint")]
    [InlineData("Endpoint=somewhere", "its Endpoint 'somewhere' is no address")]
    [InlineData("nothing of the sort", "neither an address nor of the form")]
    [InlineData("Endpoint=http://host;Key=two words", "ApiKey with characters beyond visible ASCII")]
    [InlineData("Endpoint=http://host;UseBinaryTensors=perhaps", "neither true nor false")]
    public void Resolve_OptionsThatAreWrong_SayWhatAndWhere(string? connection, string expected)
    {
        ServiceCollection services = new();
        services.AddSingleton(Configuration(("ConnectionStrings:c", connection)));
        services.AddInferenceClient("c");
        using ServiceProvider provider = services.BuildServiceProvider();

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() =>
            provider.GetRequiredKeyedService<IInferenceClient>("c")
        );

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("two words", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddInferenceClient_AHealthCheck_FollowsTheServer()
    {
        await using KeyedServer up = await KeyedServer.StartAsync("up");
        ServiceCollection services = new();
        services.AddLogging();
        services.AddInferenceClient().UseHttp(up.Address);
        services.AddInferenceClient("down").UseHttp("http://127.0.0.1:1");
        services.AddHealthChecks().AddInferenceClient().AddInferenceClient("down", HealthStatus.Degraded);
        await using ServiceProvider provider = services.BuildServiceProvider();

        HealthReport report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(Token);

        Assert.Equal(HealthStatus.Healthy, report.Entries["inference"].Status);
        Assert.Equal(HealthStatus.Degraded, report.Entries["inference-down"].Status);
    }

    private static async Task<string> AskAsync(IInferenceClient client)
    {
        using InferenceResult result = await client.InferAsync("m", [Tensor.Create<float>("x", [1])], Token);
        return result.ModelName;
    }

    private static IConfiguration Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => setting.Value))
            .Build();

    /// <summary>A server that keeps the key of the last request.</summary>
    private sealed class KeyedServer : IAsyncDisposable
    {
        private FakeServer _server = null!;

        public string Key { get; private set; } = "";

        public Uri Address => _server.Address;

        public static async Task<KeyedServer> StartAsync(string name)
        {
            KeyedServer keyed = new();
            keyed._server = await FakeServer.StartAsync(
                context =>
                {
                    keyed.Key = context.Request.Headers.Authorization.ToString();
                    string answer = Answer.Replace("NAME", name, StringComparison.Ordinal);
                    return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer)).AsTask();
                },
                Token
            );
            return keyed;
        }

        public ValueTask DisposeAsync() => _server.DisposeAsync();
    }
}
