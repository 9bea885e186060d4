using Google.Protobuf;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Reading;

public sealed class OnnxGraphReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_ASmallModel_IsTheModel()
    {
        byte[] bytes = FixtureModels.Mlp(4, 8, 2, seed: 1);

        Assert.Equal(ModelProto.Parser.ParseFrom(bytes), OnnxGraphReader.Read(_folder.Write("model.onnx", bytes)));
    }

    [Fact]
    public void Read_LargeConstants_HaveTheirShapesAlone()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(FixtureModels.Mlp(256, 256, 2, seed: 1));
        string path = _folder.Write("model.onnx", model.ToByteArray());

        ModelProto read = OnnxGraphReader.Read(path);

        TensorProto[] large = [.. model.Graph.Initializer.Where(tensor => tensor.RawData.Length > 100_000)];
        Assert.NotEmpty(large);
        foreach (TensorProto tensor in large)
        {
            TensorProto outline = read.Graph.Initializer.Single(other => other.Name == tensor.Name);
            Assert.Equal(tensor.Dims, outline.Dims);
            Assert.Equal(tensor.DataType, outline.DataType);
            Assert.True(outline.RawData.IsEmpty);
        }

        Assert.Equal(model.Graph.Node, read.Graph.Node);
        Assert.True(read.CalculateSize() < 20_000);
    }

    [Fact]
    public void Read_ALargeConstantInANode_HasItsShapeAlone()
    {
        OnnxGraphBuilder graph = new OnnxGraphBuilder("constant").Input(
            "x",
            TensorProto.Types.DataType.Float,
            "batch",
            8192
        );
        graph.Node("Constant", [], ["c"], OnnxAttribute.Of("value", OnnxTensor.Of<float>("c", new float[8192], 8192)));
        graph.Node("Add", ["x", "c"], ["y"]).Output("y", TensorProto.Types.DataType.Float, "batch", 8192);

        ModelProto read = OnnxGraphReader.Read(_folder.Write("model.onnx", graph.ToBytes()));

        TensorProto constant = read.Graph.Node[0].Attribute[0].T;
        Assert.Equal([8192L], constant.Dims);
        Assert.True(constant.RawData.IsEmpty);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void Read_AFileCutOff_SaysSo(double share)
    {
        byte[] bytes = FixtureModels.Mlp(64, 64, 2, seed: 1);

        OnnxFormatException exception = Assert.Throws<OnnxFormatException>(() =>
            OnnxGraphReader.Read(_folder.Write("model.onnx", bytes.AsSpan(0, (int)(bytes.Length * share))))
        );

        Assert.Contains("is not a whole ONNX file", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RandomBytes_NeverFailsOtherwise()
    {
        byte[] valid = FixtureModels.Mlp(16, 8, 2, seed: 1);
        Random random = new(3);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = [.. valid];
            for (int change = 0; change < 4; change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            string path = _folder.Write("model.onnx", bytes);
            try
            {
                OnnxGraphReader.Read(path);
            }
            catch (OnnxFormatException) { }
        }
    }
}
