using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Health;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Routing.Tests.Calls;

/// <summary>One request on its way to one replica, or two.</summary>
public sealed class RequestSenderTests
{
    private static readonly TimeSpan Hedge = TimeSpan.FromMilliseconds(20);

    private readonly FakeTransport _transport = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RouterCounters _counters = new();
    private readonly RequestRouter _router;

    public RequestSenderTests()
    {
        _router = new RequestRouter(_transport, new RouterOptions(), _time, seed: 0);
        _router.Update(Tables.Of(1, 1), Tables.Address(1));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Another node than the router's own.</summary>
    private ReplicaTarget Remote => Target("n0");

    private ReplicaTarget Local => Target("n1");

    [Fact]
    public async Task SendAsync_ARemoteReplica_CountsLoadWhileItRunsAndBytesAfterwards()
    {
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnInfer = async (node, request, _) =>
        {
            await answer.Task;
            return FakeTransport.Echo(node, request);
        };
        using RequestSender sender = Sender(Request());

        Task<Attempt> sent = sender.SendAsync(Remote, _router.Now, _router, Token);
        Assert.Equal((1, 3), (Remote.Node.Outstanding, Remote.Load.OutstandingRows));
        answer.SetResult();
        Attempt attempt = await sent;

        Assert.False(attempt.MayRetry);
        Assert.Equal((0, 0), (Remote.Node.Outstanding, Remote.Load.OutstandingRows));
        Assert.Equal((0, 1, 24), (_counters.Local, _counters.Remote, _counters.RemoteBytes));
        attempt.Response!.Dispose();
    }

    [Fact]
    public async Task SendAsync_TheLocalReplica_GetsTheRequestItselfUnlessInputsAreKept()
    {
        List<InferenceCall> got = [];
        _transport.OnInfer = (node, request, _) =>
        {
            got.Add(request);
            return Task.FromResult(FakeTransport.Echo(node, request));
        };
        InferenceCall handed = Request();
        InferenceCall kept = Request();
        using RequestSender once = Sender(handed);
        using RequestSender again = Sender(kept, keepsInputs: true);

        (await once.SendAsync(Local, _router.Now, _router, Token)).Response!.Dispose();
        (await again.SendAsync(Local, _router.Now, _router, Token)).Response!.Dispose();

        Assert.Same(handed, got[0]);
        Assert.NotSame(kept, got[1]);
        Assert.Equal(2, _counters.Local);
    }

    [Fact]
    public async Task SendAsync_ANodeThatIsLost_IsEjectedAndMayBeRetried()
    {
        _transport.OnInfer = (_, _, _) => throw new SiloUnavailableException("gone");
        using RequestSender sender = Sender(Request());

        Attempt attempt = await sender.SendAsync(Remote, _router.Now, _router, Token);

        Assert.True(attempt.MayRetry);
        Assert.Null(attempt.Response);
        Assert.True(Remote.Node.IsEjected);
        Assert.Equal(0, Remote.Node.Outstanding);
    }

    [Fact]
    public async Task SendAsync_TheCallerCancels_IsCancelledAndNobodysFault()
    {
        using CancellationTokenSource cancelled = new();
        _transport.OnInfer = async (node, request, cancellation) =>
        {
            await cancelled.CancelAsync();
            cancellation.ThrowIfCancellationRequested();
            return FakeTransport.Echo(node, request);
        };
        using RequestSender sender = Sender(Request());

        Attempt attempt = await sender.SendAsync(Remote, _router.Now, _router, cancelled.Token);

        Assert.Equal(InferenceError.Cancelled, attempt.Response!.Error);
        Assert.False(attempt.MayRetry);
        Assert.False(Remote.Node.IsEjected);
    }

    [Fact]
    public async Task Elapsed_TimeThatHasPassed_IsTakenOffTheTimeoutOfWhatIsSent()
    {
        InferenceCall? got = null;
        _transport.OnInfer = (node, request, _) =>
        {
            got = request;
            return Task.FromResult(FakeTransport.Echo(node, request));
        };
        using RequestSender sender = Sender(Request() with { Timeout = TimeSpan.FromMilliseconds(100) });

        sender.Elapsed(TimeSpan.FromMilliseconds(30));
        (await sender.SendAsync(Remote, _router.Now, _router, Token)).Response!.Dispose();

        Assert.Equal(TimeSpan.FromMilliseconds(70), got!.Timeout);
    }

    [Fact]
    public async Task HedgeAsync_AnAnswerWithinTheDelay_IsTheOnlyCall()
    {
        using RequestSender sender = Sender(Request(), keepsInputs: true);

        Attempt attempt = await sender.HedgeAsync(Remote, Hedge, () => Local, _router, _time, Token);

        Assert.Equal(["n0"], _transport.Sent);
        Assert.Equal(0, _counters.Hedges);
        attempt.Response!.Dispose();
    }

    [Fact]
    public async Task HedgeAsync_NoAnswerWithinTheDelay_TheSecondAnswersAndTheFirstIsCancelled()
    {
        TaskCompletionSource<CancellationToken> waits = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnInfer = async (node, request, cancellation) =>
        {
            if (node.Route.Name == "n1")
            {
                return FakeTransport.Echo(node, request);
            }
            waits.SetResult(cancellation);
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        };
        using RequestSender sender = Sender(Request(), keepsInputs: true);

        Task<Attempt> hedged = sender.HedgeAsync(Remote, Hedge, () => Local, _router, _time, Token);
        CancellationToken first = await waits.Task;
        _time.Advance(Hedge);
        Attempt attempt = await hedged;

        Assert.Equal("n1", attempt.Response!.ModelVersion);
        Assert.True(first.IsCancellationRequested);
        Assert.Equal(1, _counters.Hedges);
        attempt.Response.Dispose();
    }

    [Fact]
    public async Task HedgeAsync_TheFirstToAnswerRefuses_TheOtherAnswerCounts()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnInfer = async (node, request, _) =>
        {
            if (node.Route.Name == "n1")
            {
                return InferenceAnswer.Failure(request, InferenceError.Unavailable, "not here any more");
            }
            asked.SetResult();
            await slow.Task;
            return FakeTransport.Echo(node, request);
        };
        using RequestSender sender = Sender(Request(), keepsInputs: true);

        Task<Attempt> hedged = sender.HedgeAsync(Remote, Hedge, () => Local, _router, _time, Token);
        await asked.Task;
        _time.Advance(Hedge);
        slow.SetResult();
        Attempt attempt = await hedged;

        Assert.Equal("n0", attempt.Response!.ModelVersion);
        attempt.Response.Dispose();
    }

    [Fact]
    public async Task HedgeAsync_NobodyElse_WaitsForTheFirst()
    {
        TaskCompletionSource slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _transport.OnInfer = async (node, request, _) =>
        {
            await slow.Task;
            return FakeTransport.Echo(node, request);
        };
        using RequestSender sender = Sender(Request(), keepsInputs: true);

        Task<Attempt> hedged = sender.HedgeAsync(Remote, Hedge, () => null, _router, _time, Token);
        _time.Advance(Hedge);
        slow.SetResult();
        Attempt attempt = await hedged;

        Assert.Equal("n0", attempt.Response!.ModelVersion);
        Assert.Equal(0, _counters.Hedges);
        attempt.Response.Dispose();
    }

    private ReplicaTarget Target(string node) =>
        _router.Snapshot.Find("m")!.Latest.Single(target => target.Node.Route.Name == node);

    private RequestSender Sender(InferenceCall request, bool keepsInputs = false) =>
        new(_transport, RunHere, _counters, request, rows: 3, keepsInputs: keepsInputs);

    private ValueTask<InferenceAnswer> RunHere(InferenceCall request, CancellationToken cancellationToken) =>
        new(_transport.InferAsync(Local.Node, request, cancellationToken));

    private static InferenceCall Request() =>
        new() { ModelName = "m", Inputs = [new Tensor("x", TensorDatatype.Int32, [3, 1], new byte[12])] };
}
