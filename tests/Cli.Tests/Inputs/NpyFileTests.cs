using System.Text;
using OrleansInference.Cli.Inputs;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Cli.Tests.Inputs;

public sealed class NpyFileTests
{
    private static readonly TensorMetadata Input = new("x", TensorDatatype.Fp32, [-1, 2]);

    [Fact]
    public void Read_AFileOfNumPy_HasItsShapeAndContents()
    {
        byte[] file = File("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", new byte[8]);

        Tensor tensor = NpyFile.Read(Input, file);

        Assert.True(NpyFile.Is(file));
        Assert.Equal([1, 2], tensor.Shape.ToArray());
        Assert.Equal(8, tensor.ByteLength);
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", 16, "of type <f8, the model takes FP32")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", 8, "Fortran order")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", 8, "has 8 bytes for shape [2,2]")]
    [InlineData("nonsense", 8, "header cannot be read")]
    public void Read_Wrong_SaysWhy(string header, int bytes, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<CliException>(() => NpyFile.Read(Input, File(header, new byte[bytes]))).Message,
            StringComparison.Ordinal
        );

    private static byte[] File(string header, byte[] data) =>
        [
            0x93,
            .. "NUMPY"u8,
            1,
            0,
            .. BitConverter.GetBytes((ushort)header.Length),
            .. Encoding.ASCII.GetBytes(header),
            .. data,
        ];
}
