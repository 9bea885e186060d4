using System.Text;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class ModelReplicaTests
{
    /// <summary>A model whose run takes long enough to queue behind: about a hundred milliseconds a row.</summary>
    private static readonly byte[] Slow = FixtureModels.Mlp(4096, 4096, 4096, seed: 1);

    private const string OneAtATime = "max_batch_size: 4\ndynamic_batching { }\ninstance_group { count: 1 }";

    [Theory]
    [InlineData("other", TensorDatatype.Fp32, new long[] { 1, 4 }, 16, "unexpected input 'other'")]
    [InlineData("x", TensorDatatype.Fp64, new long[] { 1, 4 }, 32, "datatype FP64, expected FP32")]
    [InlineData("x", TensorDatatype.Fp32, new long[] { 1, 5 }, 20, "Expected [-1,4], got [1,5]")]
    [InlineData("x", TensorDatatype.Fp32, new long[] { 4 }, 16, "Expected [-1,4], got [4]")]
    [InlineData(
        "x",
        TensorDatatype.Fp32,
        new long[] { 2, 4 },
        16,
        "Expected 32, got 16: its shape [2,4] of FP32 asks for 32 bytes"
    )]
    [InlineData("x", TensorDatatype.Fp32, new long[] { -1, 4 }, 16, "dimensions must be 0 or more")]
    [InlineData("x", TensorDatatype.Fp32, new long[] { 1L << 62, 4 }, 16, "dimensions must be 0 or more")]
    public async Task InferAsync_ABadInput_NamesWhatIsWrong(
        string name,
        TensorDatatype datatype,
        long[] shape,
        int bytes,
        string expected
    )
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.Mlp(4, 8, 2, seed: 1), null));

        using InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", new Tensor(name, datatype, shape, new byte[bytes]))
        );

        Assert.Equal(InferenceError.InvalidArgument, response.Error);
        Assert.Contains(expected, response.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_MissingTwiceOrUnknownOutput_IsNamed()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.NoBatch(1), null));
        Tensor Input() => TestEngine.Floats("x", [1], 1);

        using InferenceAnswer missing = await test.InferAsync(TestEngine.Request("m"));
        using InferenceAnswer twice = await test.InferAsync(TestEngine.Request("m", Input(), Input()));
        using InferenceAnswer output = await test.InferAsync(
            new InferenceCall
            {
                ModelName = "m",
                Inputs = [Input()],
                RequestedOutputs = ["z"],
            }
        );

        Assert.Contains(
            "expected 1 inputs but got 0 inputs for model 'm'. Got input(s) [], but missing required input(s) ['x']",
            missing.ErrorMessage,
            StringComparison.Ordinal
        );
        Assert.Contains("'x' is given twice", twice.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("unexpected inference output 'z'", output.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_BackgroundRequests_LeaveHalfOfTheQueueToOthers()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "m",
                FixtureModels.Mlp(4, 8, 2, seed: 1),
                "max_batch_size: 8\ndynamic_batching { }\ninstance_group { count: 1 }"
            )
        );
        ModelReplica replica = test.Replica("m");
        BatchLimits limits = replica.Limits;
        replica.Limits = limits with { MaxRows = 100, MaxDelay = TimeSpan.FromHours(1), MaxQueuedRequests = 4 };
        Task<InferenceAnswer> Send(bool background) =>
            test.InferAsync(
                TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3, 4], 1, 4)) with
                {
                    Background = background,
                }
            );

        Task<InferenceAnswer>[] waiting = [Send(background: true), Send(background: true)];
        using InferenceAnswer refused = await Send(background: true);
        waiting = [.. waiting, Send(background: false), Send(background: false)];
        int queued = replica.QueuedRequests;
        replica.Limits = limits;

        Assert.Equal((InferenceError.ResourceExhausted, 4), (refused.Error, queued));
        Assert.Contains("full for background requests: 2 of 2", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.All(await Task.WhenAll(waiting), response => Assert.Equal(InferenceError.None, response.Error));
    }

    [Fact]
    public async Task InferAsync_OneBadRequestInABatch_FailsAlone()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "numbers",
                ParseNumberModel.Create(),
                "max_batch_size: 16\ndynamic_batching { max_queue_delay_microseconds: 50000 }"
            )
        );
        Task<InferenceAnswer>[] calls =
        [
            .. Enumerable
                .Range(0, 16)
                .Select(i => test.InferAsync(TestEngine.Request("numbers", Text(i == 5 ? "no number" : $"{i}")))),
        ];

        InferenceAnswer[] responses = await Task.WhenAll(calls);

        Assert.Equal(InferenceError.Internal, responses[5].Error);
        for (int i = 0; i < 16; i++)
        {
            if (i != 5)
            {
                Assert.Equal(i, BitConverter.ToInt64(responses[i].EnsureSuccess().Output("y").Data.Span));
            }
        }
    }

    [Fact]
    public async Task InferAsync_AFullQueue_RefusesAtOnce()
    {
        await using TestEngine test = await TestEngine.StartAsync(("slow", Slow, OneAtATime));
        ModelReplica replica = test.Replica("slow");
        replica.Limits = replica.Limits with { MaxQueuedRequests = 3 };

        Task<InferenceAnswer>[] calls = [.. Enumerable.Range(0, 40).Select(_ => test.InferAsync(SlowRequest()))];
        InferenceAnswer[] responses = await Task.WhenAll(calls);

        Assert.Contains(
            responses,
            response =>
                response.Error == InferenceError.ResourceExhausted
                && response.ErrorMessage.Contains("3 of 3", StringComparison.Ordinal)
        );
        Assert.Contains(responses, response => response.Error == InferenceError.None);
        Assert.All(
            responses,
            response => Assert.True(response.Error is InferenceError.None or InferenceError.ResourceExhausted)
        );
    }

    [Fact]
    public async Task InferAsync_ADeadlineThatCannotBeMet_IsRefusedAtOnce()
    {
        await using TestEngine test = await TestEngine.StartAsync(("slow", Slow, OneAtATime));

        using InferenceAnswer response = await test.InferAsync(SlowRequest(TimeSpan.FromMicroseconds(10)));

        Assert.Equal(InferenceError.DeadlineExceeded, response.Error);
        Assert.Contains("cannot be met", response.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_CancelledWhileQueued_NeverRunsAndIsAnsweredAtOnce()
    {
        const string Waiting =
            "max_batch_size: 2\ndynamic_batching { max_queue_delay_microseconds: 3600000000 "
            + "}\ninstance_group { count: 1 }";
        await using TestEngine test = await TestEngine.StartAsync(("slow", Slow, Waiting));
        using CancellationTokenSource source = new();
        Task<InferenceAnswer> queued = test.InferAsync(SlowRequest(), source.Token);
        Assert.Equal(1, test.Replica("slow").QueuedRequests);

        await source.CancelAsync();
        using InferenceAnswer cancelled = await queued;
        int left = test.Replica("slow").QueuedRequests;
        InferenceAnswer[] answered = await Task.WhenAll(test.InferAsync(SlowRequest()), test.InferAsync(SlowRequest()));

        Assert.Equal(InferenceError.Cancelled, cancelled.Error);
        Assert.Equal(0, left);
        Assert.All(answered, response => Assert.Equal(2, response.EnsureSuccess().Timings.BatchRows));
    }

    [Fact]
    public async Task UnloadAsync_RequestsThatWaitForCompany_AreServedAtOnce()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("slow", Slow, "max_batch_size: 2\ndynamic_batching { max_queue_delay_microseconds: 3600000000 }")
        );
        Task<InferenceAnswer> waiting = test.InferAsync(SlowRequest());

        await test.Engine.UnloadAsync("slow", TestContext.Current.CancellationToken);

        Assert.Equal(InferenceError.None, (await waiting).Error);
    }

    [Fact]
    public async Task InferAsync_EveryCallerOfARunCancels_TheRunIsTerminatedAndTheNextOneServed()
    {
        await using TestEngine test = await TestEngine.StartAsync(("slow", Slow, OneAtATime));
        for (int round = 0; round < 5; round++)
        {
            using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(5 * round));
            using InferenceAnswer first = await test.InferAsync(SlowRequest(rows: 4), source.Token);
            using InferenceAnswer next = await test.InferAsync(SlowRequest());

            Assert.True(first.Error is InferenceError.Cancelled or InferenceError.None, first.ErrorMessage);
            Assert.Equal(InferenceError.None, next.Error);
        }
    }

    [Fact]
    public async Task InferAsync_ManyRequests_BatchesReachTheCapAndOrderHolds()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "mlp",
                FixtureModels.Mlp(512, 512, 4, seed: 1),
                "max_batch_size: 32\ndynamic_batching { }\ninstance_group { count: 1 }"
            )
        );
        ModelReplica replica = test.Replica("mlp");
        List<int> order = [];
        Task[] calls =
        [
            .. Enumerable
                .Range(0, 1000)
                .Select(async i =>
                {
                    using InferenceAnswer response = (
                        await replica.InferAsync(
                            new InferenceCall
                            {
                                ModelName = "mlp",
                                Inputs = [TestEngine.Floats("x", new float[512], 1, 512)],
                                SloP99Ms = 100_000 - i,
                            },
                            TestContext.Current.CancellationToken
                        )
                    ).EnsureSuccess();
                    lock (order)
                    {
                        order.Add(response.Timings.BatchRows);
                    }
                }),
        ];

        await Task.WhenAll(calls);

        Assert.Equal(32, order.Max());
        Assert.True(order.Average() > 16, $"the mean batch was {order.Average()}");
    }

    [Fact]
    public async Task Limits_ConcurrencyChanged_TakesEffectWithoutLosingRequests()
    {
        await using TestEngine test = await TestEngine.StartAsync(("mlp", FixtureModels.Mlp(64, 64, 4, seed: 1), null));
        ModelReplica replica = test.Replica("mlp");
        Task<InferenceAnswer>[] calls =
        [
            .. Enumerable
                .Range(0, 500)
                .Select(i =>
                {
                    if (i % 50 == 0)
                    {
                        replica.Limits = replica.Limits with { Concurrency = 1 + (i / 50 % 2), MaxRows = 1 + (i % 7) };
                    }
                    return test.InferAsync(TestEngine.Request("mlp", TestEngine.Floats("x", new float[64 * 3], 3, 64)));
                }),
        ];

        Assert.All(
            await Task.WhenAll(calls),
            response => Assert.Equal(3, response.EnsureSuccess().Output("y").Shape[0])
        );
    }

    [Fact]
    public async Task InferAsync_AnyOutcome_ReleasesTheRequestsTensors()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.NoBatch(1), null));
        TensorBuffer good = TensorBuffer.Rent(4);
        TensorBuffer bad = TensorBuffer.Rent(8);
        good.Span.Clear();

        using InferenceAnswer answered = await test.InferAsync(
            TestEngine.Request("m", new Tensor("x", TensorDatatype.Fp32, [1], good.Memory, good))
        );
        using InferenceAnswer refused = await test.InferAsync(
            TestEngine.Request("m", new Tensor("x", TensorDatatype.Fp32, [2], bad.Memory, bad))
        );
        await test.Engine.UnloadAsync("m", TestContext.Current.CancellationToken);

        Assert.Throws<ObjectDisposedException>(() => good.AddReference());
        Assert.Throws<ObjectDisposedException>(() => bad.AddReference());
    }

    private static InferenceCall SlowRequest(TimeSpan timeout = default, int rows = 1) =>
        new()
        {
            ModelName = "slow",
            Inputs = [TestEngine.Floats("x", new float[4096 * rows], rows, 4096)],
            Timeout = timeout,
        };

    private static Tensor Text(string text)
    {
        byte[] contents = new byte[BytesElements.PrefixSize + text.Length];
        BytesElements.Write(contents, Encoding.ASCII.GetBytes(text));
        return new Tensor("x", TensorDatatype.Bytes, [1, 1], contents);
    }
}
