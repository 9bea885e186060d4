using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Optimization;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.RowIndependence;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.RowIndependence;

/// <summary>
/// Models that are served here go on sharing runs, and those that must not are named with the reason.
/// </summary>
public sealed class ShippedModelsTests
{
    [Theory]
    [InlineData("ads-ctr")]
    [InlineData("color-names")]
    public void Prove_AModelOfTheRepository_IsProven(string name) =>
        AssertProven(OnnxGraphReader.Read(Path.Combine(Checkout.Root, "models", name, "1", "model.onnx")));

    [Theory]
    [InlineData("vision/mnist.onnx")]
    [InlineData("vision/squeezenet.onnx")]
    [InlineData("triton-examples/simple/1/model.onnx")]
    [InlineData("triton-examples/simple_int8/1/model.onnx")]
    [InlineData("triton-examples/simple_string/1/model.onnx")]
    [InlineData("triton-examples/simple_sequence/1/model.onnx")]
    [InlineData("triton-examples/simple_dyna_sequence/1/model.onnx")]
    public void Prove_APublicModel_IsProven(string file)
    {
        string path = Checkout.Data(["models", .. file.Split('/')]);
        Assert.SkipUnless(File.Exists(path), $"{file} is not beside the repository");

        AssertProven(OnnxGraphReader.Read(path));
    }

    [Fact]
    public void Prove_APublicModelOfAFixedBatch_SaysThatItIsFixed()
    {
        string path = Checkout.Data("models", "vision", "light_resnet50.onnx");
        Assert.SkipUnless(File.Exists(path), "light_resnet50.onnx is not beside the repository");

        Assert.Contains(
            "the first dimension of input 'gpu_0/data_0' is fixed",
            RowIndependenceProver.Prove(OnnxGraphReader.Read(path)).Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Prove_ASentenceEncoder_IsProven() => AssertProven(ModelProto.Parser.ParseFrom(PackagedModels.MiniLm()));

    [Fact]
    public void Prove_ResNet18_IsProvenWhereItsFirstDimensionIsFree()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(PackagedModels.ResNet18));
        ValueInfoProto input = model.Graph.Input.Single(value =>
            model.Graph.Initializer.All(tensor => tensor.Name != value.Name)
        );
        input.Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimParam = "N" };

        AssertProven(model);
    }

    [Fact]
    public void Prove_Fixtures_AreProven()
    {
        AssertProven(ModelProto.Parser.ParseFrom(FixtureModels.Mlp(4, 8, 2, seed: 1)));
        AssertProven(ModelProto.Parser.ParseFrom(FixtureModels.TwoDynamicDimensions()));
        AssertProven(ModelProto.Parser.ParseFrom(FixtureModels.OptionalInput(2)));
        Assert.All(
            ConformanceModels.All().Where(sample => sample.Name.StartsWith("onnx_zero", StringComparison.Ordinal)),
            sample => AssertProven(ModelProto.Parser.ParseFrom(sample.Model))
        );
    }

    [Fact]
    public void Prove_OurQuantisedAndHalvedVariants_AreProven()
    {
        ModelProto mlp = ModelProto.Parser.ParseFrom(FixtureModels.Mlp(16, 64, 8, seed: 1));
        ModelProto colors = ModelProto.Parser.ParseFrom(
            File.ReadAllBytes(Path.Combine(Checkout.Root, "models", "color-names", "1", "model.onnx"))
        );
        ModelProto ads = ModelProto.Parser.ParseFrom(
            File.ReadAllBytes(Path.Combine(Checkout.Root, "models", "ads-ctr", "1", "model.onnx"))
        );

        foreach (ModelProto model in new[] { mlp, colors, ads })
        {
            AssertProven(DynamicInt8.Convert(model, out int quantised));
            Assert.True(quantised > 0);
            AssertProven(HalfPrecision.Convert(model));
        }
    }

    private static void AssertProven(ModelProto model) => Assert.Equal("", RowIndependenceProver.Prove(model).Reason);
}
