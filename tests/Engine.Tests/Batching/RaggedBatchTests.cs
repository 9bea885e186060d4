using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Engine.Tests.Batching;

/// <summary>Requests of different shapes in one run, and what the server tells the graph of them.</summary>
public sealed class RaggedBatchTests
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;
    private const string Together = "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 10000000 } ";
    private const string Flat = "input { name: \"x\" data_type: TYPE_FP32 dims: -1 allow_ragged_batch: true } ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("BATCH_ELEMENT_COUNT", "2 4 1 3")]
    [InlineData("BATCH_ACCUMULATED_ELEMENT_COUNT", "2 6 7 10")]
    [InlineData("BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO", "0 2 6 7 10")]
    [InlineData("BATCH_MAX_ELEMENT_COUNT_AS_SHAPE", "0 0 0 0")]
    [InlineData("BATCH_ITEM_SHAPE_FLATTEN", "2 4 1 3")]
    public async Task InferAsync_RequestsOfDifferentLength_TheGraphSeesOneTensorAndWhoseItIs(string kind, string told)
    {
        foreach (string type in (string[])["FP32", "INT32"])
        {
            await using TestEngine test = await StartAsync(Told(type), Together + Flat + Counts(kind, type));

            InferenceAnswer[] answers = await AnswersAsync(test, [1, 2], [1, 4], [1, 1], [1, 3]);

            foreach (InferenceAnswer answer in answers)
            {
                Assert.Equal([2, 2, 4, 4, 4, 4, 1, 3, 3, 3], TestEngine.Floats(answer.Output("all")));
                Assert.Equal([1, 10], answer.Output("all").Shape.ToArray());
                Assert.Equal(told, string.Join(' ', TestEngine.Floats(answer.Output("told"))));
                Assert.Equal(4, answer.Timings.BatchRows);
                answer.Dispose();
            }
        }
    }

    [Fact]
    public async Task InferAsync_ItemShapes_AreOneForEachRow()
    {
        byte[] model = new OnnxGraphBuilder("items")
            .Input("x", Float, "all")
            .Input("items", Float, "batch", 2)
            .Node("Identity", ["items"], ["y"])
            .Output("y", Float, "batch", 2)
            .ToBytes();
        const string Config =
            "input { name: \"x\" dims: [ -1, -1 ] allow_ragged_batch: true } batch_input { kind: BATCH_ITEM_SHAPE "
            + "target_name: \"items\" data_type: TYPE_FP32 source_input: \"x\" }";
        await using TestEngine test = await StartAsync(model, Together + Config);

        InferenceAnswer[] answers = await AnswersAsync(test, [2, 1, 2], [1, 1, 2], [1, 2, 2]);

        Assert.Equal(["1 2 1 2", "1 2", "2 2"], answers.Select(a => string.Join(' ', TestEngine.Floats(a.Outputs[0]))));
        Assert.Equal([2, 2], answers[0].Outputs[0].Shape.ToArray());
        Assert.All(answers, answer => Assert.Equal(4, answer.Timings.BatchRows));
    }

    [Fact]
    public async Task InferAsync_AScatteredOutput_EachGetsItsOwnShape()
    {
        await using TestEngine test = await StartAsync(Negated(), Together + Scattered("[ -1, -1 ]"));

        InferenceAnswer[] answers = await AnswersAsync(test, [1, 2, 1], [1, 4, 2], [1, 0, 3], [1, 1, 3]);

        Assert.Equal(["-2 -2", "-4 -4 -4 -4 -4 -4 -4 -4", "", "-1 -1 -1"], answers.Select(Text));
        Assert.Equal(
            ["1 2 1", "1 4 2", "1 0 3", "1 1 3"],
            answers.Select(a => string.Join(' ', a.Outputs[0].Shape.ToArray()))
        );
        Assert.All(answers, answer => Assert.Equal(4, answer.Timings.BatchRows));
    }

    [Fact]
    public async Task InferAsync_ScatteredTexts_EachGetsItsOwn()
    {
        byte[] model = new OnnxGraphBuilder("texts")
            .Input("x", TensorProto.Types.DataType.String, "all")
            .Node("Identity", ["x"], ["y"])
            .Output("y", TensorProto.Types.DataType.String, "all")
            .ToBytes();
        await using TestEngine test = await StartAsync(model, Together + Scattered("[ -1 ]"));
        byte[][] texts = [Texts("a", "bc"), Texts("def"), Texts("", "g"), Texts("h")];

        Task<InferenceAnswer>[] all =
        [
            .. texts.Select(
                (text, i) =>
                    test.InferAsync(
                        TestEngine.Request("m", new Tensor("x", TensorDatatype.Bytes, [1, i % 2 == 0 ? 2 : 1], text)),
                        Token
                    )
            ),
        ];

        InferenceAnswer[] answers = await Task.WhenAll(all);
        Assert.Equal(texts, answers.Select(answer => answer.Output("y").Data.ToArray()));
    }

    [Fact]
    public async Task InferAsync_AnOutputWithOtherElements_IsAnErrorThatNamesIt()
    {
        byte[] model = new OnnxGraphBuilder("doubled")
            .Input("x", Float, "all")
            .Node("Concat", ["x", "x"], ["y"], OnnxAttribute.Of("axis", 0))
            .Output("y", Float, "more")
            .ToBytes();
        await using TestEngine test = await StartAsync(model, "max_batch_size: 4 " + Scattered("[ -1 ]"));

        InferenceAnswer answer = Assert.Single(await AnswersAsync(test, [1, 3]));

        Assert.Equal(InferenceError.Internal, answer.Error);
        Assert.Contains("output 'y' has 6 elements, input 'x' has 3", answer.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_OutputsThatAreNoRows_EachRequestRunsAlone()
    {
        // One count for each request, of which each here has two rows.
        await using TestEngine test = await StartAsync(
            Told("FP32"),
            Together + Flat + Counts("BATCH_ELEMENT_COUNT", "FP32")
        );

        InferenceAnswer[] answers = await AnswersAsync(test, [2, 2], [2, 1]);

        Assert.Equal(["4", "2"], answers.Select(answer => Text(answer, "told")));
    }

    [Fact]
    public async Task InferAsync_MoreRowsThanABatch_IsRefused()
    {
        await using TestEngine test = await StartAsync(Negated(), "max_batch_size: 4 " + Scattered("[ -1 ]"));

        InferenceAnswer answer = Assert.Single(await AnswersAsync(test, [5, 1]));

        Assert.Equal(InferenceError.InvalidArgument, answer.Error);
        Assert.Equal("inference request batch-size must be <= 4 for 'm', it is 5", answer.ErrorMessage);
    }

    [Fact]
    public async Task Limits_AKnobBelowARequestsRows_LeavesItWhole()
    {
        await using TestEngine test = await StartAsync(Negated(), "max_batch_size: 4 " + Scattered("[ -1 ]"));
        ModelReplica replica = test.Replica("m");
        replica.Limits = replica.Limits with { RowLimit = 1, KeepsWhole = false };

        InferenceAnswer answer = Assert.Single(await AnswersAsync(test, [3, 1]));

        Assert.Equal("-3 -3 -3", Text(answer));
        Assert.Equal(3, answer.Timings.BatchRows);
    }

    [Fact]
    public async Task Signature_BatchInputs_AreNotTheCallers()
    {
        await using TestEngine test = await StartAsync(
            Told("FP32"),
            Together + Flat + Counts("BATCH_ELEMENT_COUNT", "FP32")
        );

        TensorSpec input = Assert.Single(test.Replica("m").Signature.Inputs);

        Assert.Equal(("x", true), (input.Name, input.Dimensions is [-1, -1]));
    }

    [Theory]
    [InlineData("max_batch_size: 0 " + Flat, "need a max_batch_size of 1 or more")]
    [InlineData(
        "max_batch_size: 4 input { name: \"x\" dims: 3 allow_ragged_batch: true reshape { shape: [ 3 ] } }",
        "needs a required input of one free dimension without reshape"
    )]
    [InlineData("max_batch_size: 4 " + Flat + "batch_input { target_name: \"b\" }", "expects 1 source input, got 0")]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_input { source_input: \"x\" }",
        "has 1 source_input and 0 target_name"
    )]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_input { target_name: \"b\" source_input: \"z\" }",
        "unknown source input name 'z'; there are: x"
    )]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_input { target_name: \"z\" source_input: \"x\" data_type: TYPE_FP32 }",
        "batch_input names 'z'; the model has: x, n, b"
    )]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_input { target_name: \"b\" source_input: \"x\" data_type: TYPE_INT64 }",
        "both must be TYPE_INT32 or TYPE_FP32"
    )]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_input { target_name: \"x\" source_input: \"x\" data_type: TYPE_FP32 }",
        "is an input of requests too"
    )]
    [InlineData(
        "max_batch_size: 4 "
            + Flat
            + "batch_input { kind: BATCH_ITEM_SHAPE target_name: \"b\" source_input: \"x\" data_type: TYPE_FP32 }",
        "needs 2 dimensions, the first of them free; the model has [-1]"
    )]
    [InlineData(
        "max_batch_size: 4 " + Flat + "batch_output { target_name: \"all\" source_input: \"x\" }",
        "batch_output 'all' needs an output of one free dimension"
    )]
    public async Task LoadAsync_AConfigurationThatCannotBe_IsRefusedByName(string config, string expected)
    {
        await using TestEngine test = await StartAsync(Told("FP32"), config);

        ModelStatus line = Assert.Single(test.Engine.Index);
        Assert.Equal(ModelState.Unavailable, line.State);
        Assert.Contains(expected, line.Reason, StringComparison.Ordinal);
    }

    private static Task<TestEngine> StartAsync(byte[] model, string config) =>
        TestEngine.StartAsync(("m", model, config));

    /// <summary>Sends one request of each shape, filled with its second dimension, before the first is answered.</summary>
    private static async Task<InferenceAnswer[]> AnswersAsync(TestEngine test, params long[][] shapes)
    {
        Assert.Equal("", Assert.Single(test.Engine.Index).Reason);
        List<Task<InferenceAnswer>> all = [];
        foreach (long[] shape in shapes)
        {
            TensorShape.TryCount(shape, out long elements);
            float[] values = [.. Enumerable.Repeat((float)shape[1 % shape.Length], (int)elements)];
            // By rows, where that tells more.
            if (shape[0] > 1)
            {
                Array.Fill(values, (float)elements);
            }
            all.Add(test.InferAsync(TestEngine.Request("m", TestEngine.Floats("x", values, shape)), Token));
        }
        return await Task.WhenAll(all);
    }

    private static string Text(InferenceAnswer answer) => Text(answer, "y");

    private static string Text(InferenceAnswer answer, string output) =>
        string.Join(' ', TestEngine.Floats(answer.Output(output)));

    private static byte[] Texts(params string[] texts) =>
        [
            .. texts.SelectMany(text =>
                BitConverter.GetBytes(text.Length).Concat(System.Text.Encoding.UTF8.GetBytes(text))
            ),
        ];

    private static string Scattered(string dims) =>
        $$"""
            input { name: "x" dims: {{dims}} allow_ragged_batch: true } output { name: "y" dims: {{dims}} }
            batch_output { target_name: "y" kind: BATCH_SCATTER_WITH_INPUT_SHAPE source_input: "x" }
            """;

    /// <summary>n tells how many requests there are, b what is to be tested.</summary>
    private static string Counts(string kind, string type) =>
        $$"""
            batch_input { kind: BATCH_ELEMENT_COUNT target_name: "n" data_type: TYPE_FP32 source_input: "x" }
            batch_input { kind: {{kind}} target_name: "b" data_type: TYPE_{{type}} source_input: "x" }
            """;

    private static byte[] Negated() =>
        new OnnxGraphBuilder("negated")
            .Input("x", Float, "all")
            .Node("Neg", ["x"], ["y"])
            .Output("y", Float, "all")
            .ToBytes();

    /// <summary>A row for each number in n: all of x, and all of b as floats.</summary>
    private static byte[] Told(string type) =>
        new OnnxGraphBuilder("told")
            .Input("x", Float, "all")
            .Input("n", Float, "requests")
            .Input("b", type == "FP32" ? Float : TensorProto.Types.DataType.Int32, "told")
            .Initializer(OnnxTensor.Of<long>("column", [-1, 1], 2))
            .Initializer(OnnxTensor.Of<long>("line", [1, -1], 2))
            .Node("Reshape", ["n", "column"], ["counts"])
            .Node("Div", ["counts", "counts"], ["ones"])
            .Node("Reshape", ["x", "line"], ["values"])
            .Node("MatMul", ["ones", "values"], ["all"])
            .Node("Cast", ["b"], ["floats"], OnnxAttribute.Of("to", (long)Float))
            .Node("Reshape", ["floats", "line"], ["numbers"])
            .Node("MatMul", ["ones", "numbers"], ["told"])
            .Output("all", Float, "requests", "elements")
            .Output("told", Float, "requests", "entries")
            .ToBytes();
}
