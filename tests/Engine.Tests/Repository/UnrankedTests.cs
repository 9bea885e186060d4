using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Repository;

/// <summary>Graphs that leave the rank of a tensor open, have a scalar, or have no input.</summary>
public sealed class UnrankedTests
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;

    [Theory]
    [InlineData("max_batch_size: 4", new long[] { 2, 3 })]
    [InlineData("max_batch_size: 0", new long[] { 3 })]
    public async Task InferAsync_AnOpenRank_IsWhatTheConfigurationSays(string batch, long[] shape)
    {
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "m",
                Unranked(),
                batch
                    + " input { name: \"x\" data_type: TYPE_FP32 dims: 3 } output { name: \"y\" data_type: TYPE_FP32 dims: 3 }"
            )
        );
        float[] values =
        [
            .. Enumerable.Range(0, (int)shape.Aggregate(1L, (left, right) => left * right)).Select(i => (float)i),
        ];

        InferenceAnswer response = await test.InferAsync(
            TestEngine.Request("m", TestEngine.Floats("x", values, shape))
        );

        Assert.Equal(shape, response.EnsureSuccess().Output("y").Shape.ToArray());
        Assert.Equal(values.Select(value => -value), TestEngine.Floats(response.Output("y")));
    }

    [Fact]
    public async Task LoadAsync_AnOpenRankWithoutDims_IsRefusedByName()
    {
        await using TestEngine test = await TestEngine.StartAsync(("m", Unranked(), null));

        Assert.Contains(
            "leaves open how many dimensions input 'x' has; give its dims",
            Assert.Single(test.Engine.Index).Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task InferAsync_AScalarOfManyDimensions_IsOneElement()
    {
        byte[] model = new OnnxGraphBuilder("scalar")
            .Input("x", Float)
            .Node("Neg", ["x"], ["y"])
            .Output("y", Float)
            .ToBytes();
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "m",
                model,
                "max_batch_size: 0 input { name: \"x\" data_type: TYPE_FP32 dims: [ 1, 1 ] } "
                    + "output { name: \"y\" data_type: TYPE_FP32 dims: [ 1, 1, 1 ] }"
            )
        );

        InferenceAnswer response = await test.InferAsync(TestEngine.Request("m", TestEngine.Floats("x", [7], 1, 1)));

        Assert.Equal([1L, 1, 1], response.EnsureSuccess().Output("y").Shape.ToArray());
        Assert.Equal([-7f], TestEngine.Floats(response.Output("y")));
    }

    [Fact]
    public async Task InferAsync_AModelWithoutInputs_AnswersItsConstant()
    {
        byte[] model = new OnnxGraphBuilder("constant")
            .Initializer(OnnxTensor.Of<float>("c", [3, 4], 2))
            .Node("Identity", ["c"], ["y"])
            .Output("y", Float, 2)
            .ToBytes();
        await using TestEngine test = await TestEngine.StartAsync(("m", model, null));

        InferenceAnswer response = await test.InferAsync(TestEngine.Request("m"));

        Assert.Equal([3f, 4], TestEngine.Floats(response.EnsureSuccess().Output("y")));
    }

    [Theory]
    [InlineData("input { name: \"x\" dims: [ 4, 1 ] }", "the model expects 2 dimensions (shape [-1,4])")]
    [InlineData("input { name: \"x\" dims: [ 4, 1 ] }", "making complete shape [-1,4,1])")]
    [InlineData("input { name: \"z\" dims: 4 }", "unexpected inference input 'z', allowed inputs are: x")]
    [InlineData("output { name: \"z\" dims: 4 }", "unexpected inference output 'z', allowed outputs are: y")]
    [InlineData("input { name: \"x\" } input { name: \"z\" }", "configuration expects 2 inputs, model provides 1")]
    public async Task LoadAsync_TensorsThatDisagree_AreRefusedInTritonsWords(string tensors, string expected)
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 8 " + tensors)
        );

        Assert.Contains(expected, Assert.Single(test.Engine.Index).Reason, StringComparison.Ordinal);
    }

    /// <summary>y = −x, of tensors whose rank the file does not say.</summary>
    private static byte[] Unranked()
    {
        ModelProto model = new OnnxGraphBuilder("unranked")
            .Input("x", Float)
            .Node("Neg", ["x"], ["y"])
            .Output("y", Float)
            .Build();
        model.Graph.Input[0].Type.TensorType.Shape = null;
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return Google.Protobuf.MessageExtensions.ToByteArray(model);
    }
}
