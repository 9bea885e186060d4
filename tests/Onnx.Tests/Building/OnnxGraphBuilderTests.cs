using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Building;

public sealed class OnnxGraphBuilderTests
{
    private const TensorProto.Types.DataType Float = TensorProto.Types.DataType.Float;

    [Fact]
    public void ToBytes_SameCalls_GiveSameBytes() =>
        Assert.Equal(FixtureModels.Mlp(4, 8, 2), FixtureModels.Mlp(4, 8, 2));

    [Fact]
    public void Mlp_OtherSeed_GivesOtherWeights() =>
        Assert.NotEqual(FixtureModels.Mlp(4, 8, 2), FixtureModels.Mlp(4, 8, 2, seed: 2));

    [Fact]
    public void Build_Afterwards_IsNotChangedByTheBuilder()
    {
        OnnxGraphBuilder builder = new OnnxGraphBuilder("g").Input("x", Float, 1);
        ModelProto model = builder.Build();
        builder.Metadata("key", "value");
        Assert.Empty(model.MetadataProps);
    }

    [Fact]
    public void Node_InputThatNothingMakes_Throws()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            new OnnxGraphBuilder("g").Node("Relu", ["x"], ["y"])
        );
        Assert.Contains("'x'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Node_OutputThatExists_Throws() =>
        Assert.Throws<ArgumentException>(() =>
            new OnnxGraphBuilder("g").Input("x", Float, 1).Node("Relu", ["x"], ["x"])
        );

    [Fact]
    public void Output_ThatNothingMakes_Throws() =>
        Assert.Throws<ArgumentException>(() => new OnnxGraphBuilder("g").Output("y", Float, 1));

    [Fact]
    public void Initializer_OfAnInputsName_IsItsDefault()
    {
        ModelProto model = new OnnxGraphBuilder("g")
            .Input("x", Float, 1)
            .Initializer(OnnxTensor.Of<float>("x", [1], 1))
            .Build();
        Assert.Equal("x", Assert.Single(model.Graph.Initializer).Name);
    }

    [Theory]
    [InlineData(16, 8)]
    [InlineData(17, 7)]
    [InlineData(17, 11)]
    public void Constructor_VersionThatItDoesNotWrite_Throws(int opset, int irVersion) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxGraphBuilder("g", opset, irVersion));

    [Fact]
    public void Tensor_ValuesThatDoNotFillTheShape_Throws()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            OnnxTensor.Of<float>("w", [1, 2, 3], 2, 2)
        );
        Assert.Contains("[2, 2]", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => OnnxTensor.Of("s", ["a"], 2));
        Assert.Throws<ArgumentException>(() => OnnxTensor.Of<decimal>("d", [1m], 1));
    }
}
