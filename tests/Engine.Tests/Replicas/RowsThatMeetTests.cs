using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Replicas;

/// <summary>Nobody gets another caller's numbers, whatever a model does with its rows.</summary>
public sealed class RowsThatMeetTests
{
    private const string Configured =
        "max_batch_size: 8\ndynamic_batching { max_queue_delay_microseconds: 2000 }\ninstance_group { count: 1 }";

    public static TheoryData<string, byte[]> Unproven =>
        new()
        {
            { "scaled by the largest", FixtureModels.RowsInteractWhereLarge(4) },
            { "filtered", FixtureModels.RowsThatVary(4) },
            { "sorted", Sorted() },
            { "running sums", RunningSums() },
            { "a constant of many rows", PerRowConstants() },
        };

    [Theory]
    [MemberData(nameof(Unproven))]
    public async Task InferAsync_WithoutConfiguration_RunsEachRequestAloneAndSaysWhy(string kind, byte[] model)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", model, null));
        float[][] alone = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => AskAsync(test, Values(i))));

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.True(
            line.State == ModelState.Ready
                && line.Reason.StartsWith("requests run one at a time", StringComparison.Ordinal),
            $"{kind}: {line}"
        );
        Assert.Contains("say max_batch_size: N in config.pbtxt", line.Reason, StringComparison.Ordinal);
        Assert.False(test.Replica("m").IsBatching);
        // One at a time they give the same again.
        for (int i = 0; i < alone.Length; i++)
        {
            Assert.Equal(alone[i], await AskAsync(test, Values(i)));
        }
        Assert.Equal(2 * alone.Length, test.Replica("m").ReadStatistics().ExecutionCount);
    }

    [Fact]
    public async Task InferAsync_ConfiguredAndRowsMeetOnRealDataOnly_WarnsAndGoesOn()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2, seed: 1), Configured),
            ("large", LargeOnly(), Configured)
        );
        ModelReplica replica = test.Replica("large");
        Assert.Equal("", replica.Notice);

        await UntilAsync(
            () => replica.Notice.Length > 0,
            () =>
                Task.WhenAll(
                    Enumerable.Range(0, 8).Select(i => AskAsync(test, [i % 2 == 0 ? 2e6f : 0.5f, 0, 0, 0], "large"))
                )
        );

        Assert.Contains(
            "max_batch_size is 8, but a row gave another answer in a batch than alone",
            replica.Notice,
            StringComparison.Ordinal
        );
        Assert.True(replica.IsBatching);
        Assert.Equal(replica.Notice, test.Engine.Index.Single(line => line.Name == "large").Reason);
        Assert.Equal("", test.Engine.Index.Single(line => line.Name == "m").Reason);
    }

    [Fact]
    public async Task InferAsync_RowsThatStayApart_AreAuditedWithoutANotice()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2, seed: 1), Configured)
        );
        ModelReplica replica = test.Replica("m");

        await UntilAsync(
            () => replica.AuditedRows >= 3,
            () => Task.WhenAll(Enumerable.Range(0, 8).Select(i => AskAsync(test, Values(i))))
        );

        Assert.Equal("", replica.Notice);
        Assert.True(replica.IsBatching);
    }

    [Fact]
    public async Task InferAsync_RowsWithAnOptionalInput_AreNotAudited()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.OptionalInput(2), Configured));
        ModelReplica replica = test.Replica("m");

        for (int i = 0; i < 100; i++)
        {
            using InferenceAnswer scaled = await test.InferAsync(
                TestEngine.Request(
                    "m",
                    TestEngine.Floats("scale", [10], 1),
                    TestEngine.Floats("x", [1, 2, 3, 4, 5, 6], 3, 2)
                )
            );
            Assert.Equal([10f, 20, 30, 40, 50, 60], TestEngine.Floats(scaled.EnsureSuccess().Output("y")));
        }

        Assert.Equal(0, replica.AuditedRows);
        Assert.Equal("", replica.Notice);
        Assert.True(replica.IsBatching);
    }

    [Fact]
    public async Task InferAsync_NotConfiguredAndRowsMeet_BatchingEndsAtOnce()
    {
        await using UnprovenReplica taken = new(LargeOnly());

        await UntilAsync(
            () => !taken.Replica.IsBatching,
            () => Task.WhenAll(Enumerable.Range(0, 8).Select(i => taken.AskAsync([i % 2 == 0 ? 2e6f : 0.5f, 0, 0, 0])))
        );
        float[][] answers = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => taken.AskAsync([i % 2 == 0 ? 2e6f : 0.5f, 0, 0, 0]))
        );

        Assert.Contains("requests run one at a time from now on", taken.Replica.Notice, StringComparison.Ordinal);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(i % 2 == 0 ? 1f : 0.5f, answers[i][0]);
        }
        float[] both = await taken.AskAsync([2e6f, 0, 0, 0, 1e6f, 0, 0, 0]);
        Assert.Equal([1f, 0, 0, 0, 0.5f, 0, 0, 0], both);
    }

    [Theory]
    [InlineData("max_batch_size: 8")]
    [InlineData(Configured)]
    [InlineData("max_batch_size: 4\ninstance_group { count: 1 }")]
    public async Task InferAsync_RowsFollowFromTheDataAndBatchingIsConfigured_EachGetsItsOwn(string config)
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.RowsThatVary(2), config));

        float[][] answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => AskAsync(test, Mixed(i))));

        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(Kept(Mixed(i)), answers[i]);
        }
    }

    [Fact]
    public async Task InferAsync_MoreRowsThanABatchAndTheyVary_AnsweredAsIfWhole()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.RowsThatVary(2), "max_batch_size: 4")
        );
        float[] values = [.. Enumerable.Range(0, 10).SelectMany(i => new float[] { i % 3 == 0 ? -1 : 1, i })];

        float[] answer = await AskAsync(test, values, width: 2);

        Assert.Equal(Kept(values), answer);
        Assert.Contains("output 'y' had shape", test.Replica("m").Notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_AWronglyDeclaredOutput_IsWhatComesOutAndRemembered()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", FixtureModels.WronglyDeclared(64), null));

        using InferenceAnswer first = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", [1, 2, 3], 1, 3))
        );

        Assert.Equal([3, 1], first.EnsureSuccess().Output("y").Shape.ToArray());
        Assert.False(test.Replica("m").Session.PlacesOutputs);
        using InferenceAnswer second = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", new float[64], 1, 64))
        );
        Assert.Equal([64, 1], second.EnsureSuccess().Output("y").Shape.ToArray());
    }

    [Fact]
    public async Task InferAsync_ARequestThatFails_DoesNotEndPlacedOutputs()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", ParseNumberModel.Create(), "max_batch_size: 8")
        );

        using InferenceAnswer bad = await test.InferAsync(
            TestEngine.Request(
                "m",
                new Tensor("x", TensorDatatype.Bytes, [1, 1], (byte[])[9, 0, 0, 0, .. "no number"u8])
            )
        );

        Assert.NotEqual(InferenceError.None, bad.Error);
        Assert.True(test.Replica("m").Session.PlacesOutputs);
    }

    private static async Task UntilAsync(Func<bool> condition, Func<Task> ask)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(
            TestContext.Current.CancellationToken
        );
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await ask();
            // Idle time, in which audits run.
            await Task.Delay(5, limit.Token);
        }
    }

    private static async Task<float[]> AskAsync(TestEngine test, float[] values, string model = "m", int width = 4)
    {
        if (model == "m" && values.Length % width != 0)
        {
            width = values.Length;
        }
        using InferenceAnswer response = await test.InferAsync(
            TestEngine.Request(model, TestEngine.Floats("x", values, values.Length / width, width))
        );
        return TestEngine.Floats(response.EnsureSuccess().Outputs[0]);
    }

    private static float[] Values(int i) => [i % 3 == 0 ? 200 : 0.5f, i % 2 == 0 ? -i : i, i, 1];

    private static float[] Mixed(int i) => i % 2 == 0 ? [-1, i] : [1, i];

    private static float[] Kept(float[] pairs) =>
        [.. pairs.Chunk(2).Where(pair => pair[0] >= 0).SelectMany(pair => pair)];

    private static OnnxGraphBuilder Graph() =>
        new OnnxGraphBuilder("rows").Input("x", TensorProto.Types.DataType.Float, "batch", 4);

    private static byte[] Made(OnnxGraphBuilder graph) =>
        graph.Output("y", TensorProto.Types.DataType.Float, "batch", 4).ToBytes();

    /// <summary>Rows meet where one has a value over a million, which no probe tries.</summary>
    private static byte[] LargeOnly() =>
        Made(
            Graph()
                .Initializer(OnnxTensor.Of<float>("limit", [1e6f]))
                .Initializer(OnnxTensor.Of<float>("one", [1]))
                .Node("ReduceMax", ["x"], ["largest"], OnnxAttribute.Of("keepdims", 0))
                .Node("Greater", ["largest", "limit"], ["over"])
                .Node("Where", ["over", "largest", "one"], ["divisor"])
                .Node("Div", ["x", "divisor"], ["y"])
        );

    private static byte[] Sorted() =>
        Made(
            Graph()
                .Initializer(OnnxTensor.Of<long>("axes", [1], 1))
                .Node("ReduceSum", ["x", "axes"], ["sums"], OnnxAttribute.Of("keepdims", 0))
                .Node("Shape", ["sums"], ["count"])
                .Node(
                    "TopK",
                    ["sums", "count"],
                    ["values", "places"],
                    OnnxAttribute.Of("axis", 0),
                    OnnxAttribute.Of("largest", 0)
                )
                .Node("Gather", ["x", "places"], ["y"], OnnxAttribute.Of("axis", 0))
        );

    private static byte[] RunningSums() =>
        Made(Graph().Initializer(OnnxTensor.Of<long>("axis", [0])).Node("CumSum", ["x", "axis"], ["y"]));

    private static byte[] PerRowConstants() =>
        Made(
            Graph()
                .Initializer(OnnxTensor.Of<float>("rows", [0, 0, 0, 0], 1, 4))
                .Node("Concat", ["rows", "x"], ["both"], OnnxAttribute.Of("axis", 0))
                .Initializer(OnnxTensor.Of<long>("start", [1], 1))
                .Initializer(OnnxTensor.Of<long>("end", [1000], 1))
                .Initializer(OnnxTensor.Of<long>("along", [0], 1))
                .Node("Slice", ["both", "start", "end", "along"], ["y"])
        );
}
