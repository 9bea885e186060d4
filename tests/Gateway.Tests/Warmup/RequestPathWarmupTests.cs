using System.Collections.Concurrent;
using System.Net;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Gateway.Warmup;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol;

namespace OrleansInference.Gateway.Tests.Warmup;

public sealed class RequestPathWarmupTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartedAsync_AModelThatAnswers_SendsProbesInEveryForm()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"));
        ConcurrentQueue<InferenceCall> seen = Collect(gateway);

        await WarmAsync(gateway);

        Assert.Equal(121, seen.Count);
        Assert.All(
            seen,
            request => Assert.True(request is { IsProbe: true, Background: true, Tenant: "", ModelName: "echo" })
        );
        Assert.True(gateway.Gate.Last.IsProbe);
        await gateway.StopAndCheckAsync();
    }

    [Fact]
    public async Task StartedAsync_UnderWay_IsNotReadyYet()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"));
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Dispatcher.Handler = async (request, _) =>
        {
            begun.TrySetResult();
            await goOn.Task;
            return Failure(request);
        };

        Task warming = WarmAsync(gateway);
        await begun.Task.WaitAsync(Token);
        HttpStatusCode before = await ReadyAsync(gateway);
        ServerReadyResponse beforeGrpc = await gateway.Grpc.ServerReadyAsync(
            new ServerReadyRequest(),
            cancellationToken: Token
        );
        goOn.SetResult();
        await warming;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, before);
        Assert.False(beforeGrpc.Ready);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(gateway));
    }

    [Fact]
    public async Task StartedAsync_AModelThatRefuses_GivesUpQuietly()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"));
        gateway.Dispatcher.Handler = (request, _) => ValueTask.FromResult(Failure(request));

        await WarmAsync(gateway);

        Assert.Equal(1, gateway.Dispatcher.Requests);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(gateway));
        await gateway.StopAndCheckAsync();
    }

    [Fact]
    public async Task StartedAsync_AModelThatNeverAnswers_EndsWithItsTime()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "50"));
        gateway.Dispatcher.Handler = async (request, cancellationToken) =>
        {
            using TaskCompletionSourceUntil cancelled = new(cancellationToken);
            await cancelled.Task;
            return Failure(request);
        };

        await WarmAsync(gateway);

        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(gateway));
        await gateway.StopAndCheckAsync();
    }

    [Fact]
    public async Task StartedAsync_NoTimeForIt_SendsNothing()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "0"));

        await WarmAsync(gateway);

        Assert.Equal(0, gateway.Dispatcher.Requests);
    }

    [Fact]
    public async Task StartedAsync_WhereKeysAreNeeded_NeedsNoneAndLeavesNoWayIn()
    {
        string keys = Path.GetTempFileName();
        await File.WriteAllTextAsync(keys, "a-key-of-a-client-0123456789\n", Token);
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"), ("ApiKeyFile", keys));
        ConcurrentQueue<InferenceCall> seen = Collect(gateway);

        await WarmAsync(gateway);
        HttpStatusCode afterwards = await InferAsync(gateway, gateway.WarmupToken.Value);

        Assert.Equal(121, seen.Count);
        Assert.Equal(HttpStatusCode.Unauthorized, afterwards);
        File.Delete(keys);
    }

    [Fact]
    public async Task InferAsync_AClientWithAGuessedToken_IsAClient()
    {
        await using GatewayHost gateway = await GatewayHost.StartAsync(("WarmupMs", "60000"));
        ConcurrentQueue<InferenceCall> seen = Collect(gateway);
        RequestPathWarmup warmup = gateway.CreateWarmup();
        await warmup.StartingAsync(Token);

        await InferAsync(gateway, new string('0', 64));
        await InferAsync(gateway, "");
        await InferAsync(gateway, gateway.WarmupToken.Value);

        Assert.Equal([false, false, true], seen.Select(request => request.IsProbe));
    }

    private static async Task WarmAsync(GatewayHost gateway)
    {
        RequestPathWarmup warmup = gateway.CreateWarmup();
        await warmup.StartingAsync(Token);
        await warmup.StartedAsync(Token);
    }

    private static ConcurrentQueue<InferenceCall> Collect(GatewayHost gateway)
    {
        ConcurrentQueue<InferenceCall> seen = [];
        gateway.Dispatcher.Handler = (request, _) =>
        {
            seen.Enqueue(request);
            return ValueTask.FromResult(gateway.Dispatcher.Answer(request));
        };
        return seen;
    }

    private static InferenceAnswer Failure(InferenceCall request)
    {
        request.Dispose();
        return InferenceAnswer.Failure(request, InferenceError.InvalidArgument, "the index is beyond the table");
    }

    private static async Task<HttpStatusCode> ReadyAsync(GatewayHost gateway)
    {
        using HttpResponseMessage response = await gateway.Http.GetAsync(
            new Uri("/v2/health/ready", UriKind.Relative),
            Token
        );
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> InferAsync(GatewayHost gateway, string token)
    {
        const string Body = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}""";
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer")
        {
            Content = new StringContent(Body),
        };
        request.Headers.TryAddWithoutValidation("X-Warmup-Token", token);
        using HttpResponseMessage response = await gateway.Http.SendAsync(request, Token);
        return response.StatusCode;
    }

    /// <summary>A task that ends when a token is cancelled.</summary>
    private sealed class TaskCompletionSourceUntil : IDisposable
    {
        private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _registration;

        public TaskCompletionSourceUntil(CancellationToken cancellationToken) =>
            _registration = cancellationToken.Register(_source.SetResult);

        public Task Task => _source.Task;

        public void Dispose() => _registration.Dispose();
    }
}
