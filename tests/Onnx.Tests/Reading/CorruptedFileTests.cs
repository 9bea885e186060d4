using System.Text;
using OrleansInference.Onnx.Reading;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Onnx.Tests.Reading;

public sealed class CorruptedFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_TruncatedAnywhere_Throws()
    {
        byte[] whole = ColorNamesModel.Create();
        int opsets = OnlyOptionalFieldsAfter(whole);
        for (int length = 0; length < opsets; length++)
        {
            string path = _folder.Write("model.onnx", whole.AsSpan(0, length));
            OnnxFormatException exception = Assert.Throws<OnnxFormatException>(() => OnnxOutlineReader.Read(path));
            Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_BytesChanged_ThrowsOnlyFormatExceptions()
    {
        Random random = new(7);
        byte[] whole = ColorNamesModel.Create();
        int refused = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] damaged = [.. whole];
            for (int change = random.Next(1, 8); change > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }
            string path = _folder.Write("model.onnx", damaged);
            if (Record.Exception(() => OnnxOutlineReader.Read(path)) is not { } exception)
            {
                continue;
            }
            Assert.IsType<OnnxFormatException>(exception);
            refused++;
        }

        Assert.InRange(refused, 100, 3000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")]
    [InlineData("<html>not found</html>")]
    public void Read_AnotherKindOfFile_Throws(string text)
    {
        string path = _folder.Write("model.onnx", Encoding.UTF8.GetBytes(text));
        Assert.Throws<OnnxFormatException>(() => OnnxOutlineReader.Read(path));
    }

    [Fact]
    public void Read_GraphsNestedWithoutEnd_Throws()
    {
        // Each level wraps the one before: graph { node { attribute { g { ... } } } }.
        byte[] inner = [];
        for (int depth = 0; depth < 200; depth++)
        {
            inner = Wrap(1, Wrap(5, Wrap(6, inner)));
        }
        string path = _folder.Write("model.onnx", Wrap(7, inner));
        Assert.Throws<OnnxFormatException>(() => OnnxOutlineReader.Read(path));
    }

    private static byte[] Wrap(int field, byte[] contents)
    {
        List<byte> bytes = [(byte)((field << 3) | 2)];
        uint length = (uint)contents.Length;
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }
        return [.. bytes, (byte)length, .. contents];
    }

    /// <summary>A file cut behind its operator sets is a whole model with fewer properties; nobody can tell.</summary>
    private static int OnlyOptionalFieldsAfter(byte[] model)
    {
        ReadOnlySpan<byte> opset = [0x42, 0x04, 0x0A, 0x00, 0x10, 17];
        int at = model.AsSpan().LastIndexOf(opset);
        Assert.True(at > 0);
        return at + opset.Length;
    }
}
