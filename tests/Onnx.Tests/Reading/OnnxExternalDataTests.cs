using Google.Protobuf;
using OrleansInference.Onnx.Building;
using OrleansInference.Onnx.Messages;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Reading;

public sealed class OnnxExternalDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string ModelFolder => Path.Combine(_folder.Path, "model");

    public OnnxExternalDataTests()
    {
        _folder.Write("model/weights.bin", [1]);
        _folder.Write("model/parts/weights.bin", [1]);
        _folder.Write("secret.bin", [1]);
        _folder.Write("model-evil/secret.bin", [1]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("parts/weights.bin")]
    [InlineData("./weights.bin")]
    public void Check_FileInTheFolder_Passes(string location) => Check(location);

    [Theory]
    [InlineData("/etc/hostname", "absolute")]
    [InlineData("C:\\weights.bin", "absolute")]
    [InlineData("\\\\host\\share\\weights.bin", "absolute")]
    [InlineData("../secret.bin", "'..'")]
    [InlineData("parts/../../secret.bin", "'..'")]
    [InlineData("parts\\..\\..\\secret.bin", "'..'")]
    [InlineData("../model-evil/secret.bin", "'..'")]
    [InlineData("none.bin", "does not exist")]
    [InlineData("parts", "is a folder")]
    [InlineData(".weights.bin", "'.weights.bin' is a hidden name")]
    [InlineData(".git/weights.bin", "'.git' is a hidden name")]
    [InlineData("*/_ORT_MEM_ADDR_/*", "does not exist")]
    [InlineData("", "not a file name")]
    public void Check_Elsewhere_NamesTheLocationAndTheReason(string location, string reason)
    {
        OnnxFormatException exception = Assert.Throws<OnnxFormatException>(() => Check(location));
        Assert.Contains($"'{location}'", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("link.bin", "../secret.bin")]
    [InlineData("link.bin", "../model-evil/secret.bin")]
    [InlineData("parts/link.bin", "../../secret.bin")]
    public void Check_LinkOfTheOwnerOutOfTheFolder_Passes(string link, string target)
    {
        File.CreateSymbolicLink(Path.Combine(ModelFolder, link), target);
        Check(link);
    }

    [Fact]
    public void Check_LinkedFolderElsewhere_Passes()
    {
        Directory.CreateSymbolicLink(Path.Combine(ModelFolder, "store"), "../model-evil");
        Check("store/secret.bin");
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../..")]
    public void Check_ThroughALinkToAFolderAbove_Throws(string target)
    {
        Directory.CreateSymbolicLink(Path.Combine(ModelFolder, "outside"), target);
        OnnxFormatException exception = Assert.Throws<OnnxFormatException>(() => Check("outside/weights.bin"));
        Assert.Contains("'outside', a link to a folder above the model", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_LinkToADevice_Throws()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such files");
        }
        File.CreateSymbolicLink(Path.Combine(ModelFolder, "zero.bin"), "/dev/zero");
        Assert.Contains(
            "is a device",
            Assert.Throws<OnnxFormatException>(() => Check("zero.bin")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Check_LinksInACircle_Throws()
    {
        File.CreateSymbolicLink(Path.Combine(ModelFolder, "a"), "b");
        File.CreateSymbolicLink(Path.Combine(ModelFolder, "b"), "a");
        Assert.Throws<OnnxFormatException>(() => Check("a"));
    }

    [Fact]
    public void Check_LinkWithinTheFolderOrToTheFolder_Passes()
    {
        File.CreateSymbolicLink(Path.Combine(ModelFolder, "link.bin"), "parts/weights.bin");
        Check("link.bin");
        string linked = Path.Combine(_folder.Path, "linked");
        Directory.CreateSymbolicLink(linked, "model");
        OnnxExternalData.Check(Outline("parts/weights.bin"), linked);
    }

    private void Check(string location) => OnnxExternalData.Check(Outline(location), ModelFolder);

    private OnnxOutline Outline(string location)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(FixtureModels.NoBatch(2));
        model.Graph.Initializer.Add(OnnxTensor.External("w", TensorProto.Types.DataType.Float, location, 0, 4, 1));
        return OnnxOutlineReader.Read(_folder.Write("model/model.onnx", model.ToByteArray()));
    }
}
