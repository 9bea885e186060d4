using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;

namespace OrleansInference.Onnx.Tests.Reading;

/// <summary>Models that other tools wrote. They lie beside the repository where they are available.</summary>
public sealed class PublicModelsTests
{
    public static TheoryData<string> Models =>
        [
            "vision/squeezenet.onnx",
            "vision/mnist.onnx",
            "vision/light_resnet50.onnx",
            "triton-examples/simple/1/model.onnx",
            "triton-examples/simple_string/1/model.onnx",
            "triton-examples/simple_sequence/1/model.onnx",
        ];

    [Theory]
    [MemberData(nameof(Models))]
    public void Read_PublicModel_AgreesWithOnnxRuntime(string name)
    {
        string path = Available(name);
        OnnxOutline outline = OnnxOutlineReader.Read(path);
        using InferenceSession session = new(path);

        IEnumerable<OnnxValue> required = outline.Inputs.Where(input => !outline.InitializerNames.Contains(input.Name));
        Assert.Equal(session.InputMetadata.Keys.Order(), required.Select(input => input.Name).Order());
        Assert.Equal(session.OutputMetadata.Keys.Order(), outline.Outputs.Select(output => output.Name).Order());
        foreach (OnnxValue input in required)
        {
            Assert.Equal((int)session.InputMetadata[input.Name].ElementDataType, (int)input.ElementType);
            Assert.Equal(
                session.InputMetadata[input.Name].Dimensions,
                input.Dimensions!.Select(dimension => (int)dimension.Size)
            );
        }

        Assert.Equal(session.ModelMetadata.ProducerName, outline.ProducerName);
        Assert.Empty(outline.ExternalDataLocations);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Messages_PublicModelReadAndWritten_LoseNothing(string name)
    {
        byte[] contents = File.ReadAllBytes(Available(name));
        ModelProto model = ModelProto.Parser.WithDiscardUnknownFields(true).ParseFrom(contents);
        Assert.Equal(ModelProto.Parser.ParseFrom(contents), ModelProto.Parser.ParseFrom(model.ToByteArray()));
        Assert.Equal(contents.Length, model.CalculateSize());
    }

    private static string Available(string name)
    {
        string path = Checkout.Data("models", name);
        Assert.SkipUnless(File.Exists(path), $"needs {path}, which is not part of the repository");
        return path;
    }
}
