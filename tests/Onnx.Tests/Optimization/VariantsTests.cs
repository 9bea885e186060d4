using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Optimization;
using OrleansInference.Onnx.Samples;
using Kind = OrleansInference.Onnx.Messages.TensorProto.Types.DataType;

namespace OrleansInference.Onnx.Tests.Optimization;

/// <summary>Variants of models say nearly what the originals say, in ONNX Runtime.</summary>
public sealed class VariantsTests
{
    private static readonly ModelProto Mlp = ModelProto.Parser.ParseFrom(FixtureModels.Mlp(32, 64, 8));

    [Fact]
    public void HalfPrecision_AnMlp_KeepsItsAnswersAndHalvesItsWeights()
    {
        ModelProto half = HalfPrecision.Convert(Mlp);

        (double difference, double size) = Compare(Mlp, half, [5, 32]);
        Assert.InRange(difference, 1e-7, 0.01 * size);
        Assert.True(
            half.CalculateSize() < (Mlp.CalculateSize() * 0.6) + 500,
            $"{half.CalculateSize()} of {Mlp.CalculateSize()} bytes"
        );
        Assert.DoesNotContain(half.Graph.Initializer, tensor => tensor.DataType == (int)Kind.Float);
    }

    [Fact]
    public void DynamicInt8_AnMlp_KeepsItsAnswersAndQuartersItsWeights()
    {
        ModelProto quantised = DynamicInt8.Convert(Mlp, out int nodes);

        Assert.Equal(2, nodes);
        (double difference, double size) = Compare(Mlp, quantised, [5, 32]);
        Assert.InRange(difference, 1e-7, 0.05 * size);
        Assert.True(
            quantised.CalculateSize() < (Mlp.CalculateSize() * 0.4) + 3000,
            $"{quantised.CalculateSize()} of {Mlp.CalculateSize()} bytes"
        );
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void DynamicInt8_AConvolution_KeepsItsAnswers(int stride, bool hasBias)
    {
        Random random = new(1);
        float[] weights = [.. Enumerable.Range(0, 6 * 3 * 3 * 3).Select(_ => random.NextSingle() - 0.5f)];
        OnnxGraphBuilder graph = new OnnxGraphBuilder("conv")
            .Input("x", Kind.Float, "n", 3, 9, 9)
            .Initializer(OnnxTensor.Of<float>("w", weights, 6, 3, 3, 3))
            .Initializer(OnnxTensor.Of<float>("b", [1, 2, 3, 4, 5, 6], 6))
            .Node(
                "Conv",
                hasBias ? ["x", "w", "b"] : ["x", "w"],
                ["y"],
                OnnxAttribute.Of("pads", [1L, 1, 1, 1]),
                OnnxAttribute.Of("strides", [(long)stride, stride])
            )
            .Output("y", Kind.Float, "n", 6, "h", "w2");
        ModelProto model = ModelProto.Parser.ParseFrom(graph.ToBytes());

        ModelProto quantised = DynamicInt8.Convert(model, out int nodes);

        Assert.Equal(1, nodes);
        (double difference, double size) = Compare(model, quantised, [2, 3, 9, 9]);
        Assert.InRange(difference, 1e-7, 0.03 * size);
    }

    [Fact]
    public void DynamicInt8_AnOldOperatorSet_IsRaisedWhereNothingChangedAndRefusedElsewhere()
    {
        ModelProto old = Mlp.Clone();
        old.OpsetImport[0].Version = 7;
        ModelProto clip = old.Clone();
        clip.Graph.Node[0].OpType = "Clip";

        Assert.Equal(11, DynamicInt8.Convert(old, out _).OpsetImport[0].Version);
        Assert.Contains(
            "Clip",
            Assert.Throws<NotSupportedException>(() => DynamicInt8.Convert(clip, out _)).Message,
            StringComparison.Ordinal
        );
    }

    private static (double Difference, double Size) Compare(ModelProto one, ModelProto other, long[] shape)
    {
        Random random = new(2);
        float[] input =
        [
            .. Enumerable
                .Range(0, (int)shape.Aggregate(1L, (product, size) => product * size))
                .Select(_ => random.NextSingle()),
        ];
        float[] expected = Run(one, input, shape);
        float[] actual = Run(other, input, shape);
        Assert.Equal(expected.Length, actual.Length);
        return (expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), expected.Max(MathF.Abs));
    }

    private static float[] Run(ModelProto model, float[] input, long[] shape)
    {
        using InferenceSession session = new(model.ToByteArray());
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, shape);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(
            options,
            [session.InputNames[0]],
            [value],
            session.OutputNames
        );
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
