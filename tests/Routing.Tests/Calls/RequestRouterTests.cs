using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Routing.Tests.Calls;

public sealed class RequestRouterTests
{
    private readonly FakeTransport _transport = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TryInfer_ALostNode_IsEjectedAndTheRequestAnsweredElsewhere()
    {
        RequestRouter router = Router(new RouterOptions());
        _transport.OnInfer = (node, request, _) =>
            node.Route.Name == "n0"
                ? throw new SiloUnavailableException("gone")
                : Task.FromResult(FakeTransport.Echo(node, request));

        using InferenceAnswer first = await InferAsync(router);
        using InferenceAnswer second = await InferAsync(router);

        Assert.Equal(("n1", "n1"), (first.ModelVersion, second.ModelVersion));
        Assert.Equal(["n0", "n1", "n1"], _transport.Sent);
        Assert.True(router.Snapshot.Nodes[0].IsEjected);
        Assert.Equal(0, router.Snapshot.Nodes[0].Outstanding);
    }

    [Fact]
    public async Task TryInfer_ANodeLostWhileItHasTheRequest_GivesItUpAndGoesElsewhere()
    {
        RequestRouter router = Router(new RouterOptions());
        TaskCompletionSource sent = new();
        _transport.OnInfer = async (node, request, _) =>
        {
            if (node.Route.Name != "n0")
            {
                return FakeTransport.Echo(node, request);
            }
            sent.SetResult();
            await Task.Delay(Timeout.Infinite, Token);
            throw new InvalidOperationException();
        };

        Task<InferenceAnswer> answer = InferAsync(router);
        await sent.Task;
        router.Snapshot.Nodes[0].Eject(router.Now);

        using InferenceAnswer response = await answer;
        Assert.Equal("n1", response.ModelVersion);
    }

    [Theory]
    [InlineData(InferenceError.Unavailable, true)]
    [InlineData(InferenceError.NotFound, true)]
    [InlineData(InferenceError.InvalidArgument, false)]
    [InlineData(InferenceError.ResourceExhausted, false)]
    [InlineData(InferenceError.DeadlineExceeded, false)]
    public async Task TryInfer_ARefusal_IsTriedElsewhereOnlyWhereThatCanHelp(InferenceError error, bool retried)
    {
        RequestRouter router = Router(new RouterOptions());
        _transport.OnInfer = (node, request, _) =>
            Task.FromResult(
                node.Route.Name == "n0"
                    ? InferenceAnswer.Failure(request, error, "no")
                    : FakeTransport.Echo(node, request)
            );

        using InferenceAnswer response = await InferAsync(router);

        Assert.Equal(retried ? InferenceError.None : error, response.Error);
        Assert.False(router.Snapshot.Nodes[0].IsEjected);
    }

    [Fact]
    public async Task TryInfer_ASequenceOrWithoutRetries_IsNeverSentTwice()
    {
        _transport.OnInfer = (_, _, _) => throw new SiloUnavailableException("gone");

        using InferenceAnswer sequence = await InferAsync(
            Router(new RouterOptions()),
            Request() with
            {
                SequenceId = "7",
            }
        );
        using InferenceAnswer without = await InferAsync(Router(new RouterOptions { Retry = false }));

        Assert.Equal((InferenceError.Unavailable, InferenceError.Unavailable), (sequence.Error, without.Error));
        Assert.Equal(2, _transport.Sent.Count);
        Assert.Contains("'n0'", sequence.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryInfer_ASlowReplicaWithHedging_TakesTheOtherAnswer()
    {
        FakeTimeProvider time = new();
        RequestRouter router = Router(new RouterOptions { HedgeAfterMs = 10 }, time: time);
        TaskCompletionSource sent = new();
        CancellationToken first = default;
        _transport.OnInfer = async (node, request, token) =>
        {
            if (node.Route.Name != "n0")
            {
                return FakeTransport.Echo(node, request);
            }
            first = token;
            sent.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        };

        Task<InferenceAnswer> answer = InferAsync(router);
        await sent.Task;
        time.Advance(TimeSpan.FromMilliseconds(11));

        using InferenceAnswer response = await answer;
        Assert.Equal("n1", response.ModelVersion);
        Assert.True(first.IsCancellationRequested);
        Assert.Equal(1, router.Counters.Hedges);
        Assert.False(router.Snapshot.Nodes[0].IsEjected);
    }

    [Fact]
    public async Task TryInfer_ManyRows_AreJoinedInOrderWhateverEndsFirst()
    {
        RequestRouter router = Router(new RouterOptions(), 1, 1, 1);
        _transport.OnInfer = async (node, request, _) =>
        {
            if (node.Route.Name == "n0")
            {
                await Task.Yield();
            }
            return FakeTransport.Echo(node, request);
        };
        int[] numbers = [.. Enumerable.Range(0, 9000)];
        InferenceCall request = new()
        {
            ModelName = "m",
            Inputs =
            [
                new Tensor("x", TensorDatatype.Int32, [3000, 3], MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray()),
            ],
        };

        using InferenceAnswer response = await InferAsync(router, request);

        Assert.Equal(3, _transport.Sent.Distinct().Count());
        Assert.Equal([3000, 3], response.Outputs[0].Shape.ToArray());
        Assert.Equal(numbers, MemoryMarshal.Cast<byte, int>(response.Outputs[0].Data.Span).ToArray());
    }

    [Fact]
    public async Task TryInfer_ManyTexts_AreSplitBetweenElements()
    {
        RequestRouter router = Router(new RouterOptions(), 1, 1);
        string[] texts = [.. Enumerable.Range(0, 2000).Select(i => new string('x', i % 7))];
        byte[] contents =
        [
            .. texts.SelectMany(text =>
                BitConverter.GetBytes(text.Length).Concat(System.Text.Encoding.UTF8.GetBytes(text))
            ),
        ];
        InferenceCall request = new()
        {
            ModelName = "m",
            Inputs = [new Tensor("x", TensorDatatype.Bytes, [2000, 1], contents)],
        };

        using InferenceAnswer response = await InferAsync(router, request);

        Assert.Equal(2, _transport.Sent.Distinct().Count());
        Assert.Equal(contents, response.Outputs[0].Data.ToArray());
    }

    [Fact]
    public async Task TryInfer_APartThatFails_FailsTheWholeOnce()
    {
        RequestRouter router = Router(new RouterOptions(), 1, 1);
        _transport.OnInfer = (node, request, _) =>
            Task.FromResult(
                node.Route.Name == "n1"
                    ? InferenceAnswer.Failure(request, InferenceError.Internal, "broken")
                    : FakeTransport.Echo(node, request)
            );

        using InferenceAnswer response = await InferAsync(router, Request(rows: 3000));

        Assert.Equal((InferenceError.Internal, "broken"), (response.Error, response.ErrorMessage));
        Assert.Empty(response.Outputs);
    }

    [Fact]
    public async Task TryInfer_MoreBytesThanAllowed_AreRefusedUntilAnswersHaveCome()
    {
        RequestRouter router = Router(new RouterOptions { MaxBytesInFlight = 10 });
        TaskCompletionSource answers = new();
        _transport.OnInfer = async (node, request, _) =>
        {
            await answers.Task;
            return FakeTransport.Echo(node, request);
        };

        Task<InferenceAnswer>[] held = [InferAsync(router), InferAsync(router)];
        InferenceAnswer refused = await InferAsync(router);
        answers.SetResult();
        foreach (Task<InferenceAnswer> answer in held)
        {
            Assert.Equal(InferenceError.None, (await answer).Error);
        }

        Assert.Equal(InferenceError.ResourceExhausted, refused.Error);
        Assert.Contains("8 of at most 10 bytes", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(InferenceError.None, (await InferAsync(router)).Error);
        Assert.Equal(InferenceError.None, (await InferAsync(router, Request(rows: 30))).Error);
    }

    [Fact]
    public void TryInfer_AnUnknownModel_LeavesTheRequestToTheCaller()
    {
        RequestRouter router = Router(new RouterOptions());
        InferenceCall request = Request() with { ModelName = "unknown" };

        Assert.False(router.TryInfer(request, Token, out _));
        Assert.Equal(4, request.Inputs[0].Data.Length);
    }

    private RequestRouter Router(RouterOptions options, params double[] msPerRow) => Router(options, null, msPerRow);

    private RequestRouter Router(RouterOptions options, TimeProvider? time, params double[] msPerRow)
    {
        RequestRouter router = new(_transport, options, time ?? TimeProvider.System, seed: 0);
        router.Update(Tables.Of(msPerRow.Length > 0 ? msPerRow : [1, 2]), local: null);
        return router;
    }

    private static InferenceCall Request(int rows = 1) =>
        new() { ModelName = "m", Inputs = [new Tensor("x", TensorDatatype.Int32, [rows, 1], new byte[4 * rows])] };

    private static Task<InferenceAnswer> InferAsync(RequestRouter router, InferenceCall? request = null)
    {
        Assert.True(router.TryInfer(request ?? Request(), Token, out Task<InferenceAnswer>? answer));
        return answer;
    }
}
