using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class ClassificationTests
{
    [Fact]
    public void Classify_Rows_AreOrderedEachForItself()
    {
        using Tensor output = Tensor<float>(TensorDatatype.Fp32, [2, 3], [0.5f, 2, -1, 3, 1, 2]);

        using Tensor classes = Classification.Classify(output, 2, ["zero", "one"], isBatched: true);

        Assert.Equal([2, 2], classes.Shape.ToArray());
        Assert.Equal(["2.000000:1:one", "0.500000:0:zero", "3.000000:0:zero", "2.000000:2"], Texts(classes));
    }

    [Fact]
    public void Classify_MoreClassesThanThereAre_GivesAll()
    {
        using Tensor output = Tensor<long>(TensorDatatype.Int64, [3], [-7, 5, 5]);

        using Tensor classes = Classification.Classify(output, 10, [], isBatched: false);

        Assert.Equal([3], classes.Shape.ToArray());
        Assert.Equal(["5:1", "5:2", "-7:0"], Texts(classes));
    }

    [Fact]
    public void Classify_NoRows_GivesNone()
    {
        using Tensor output = Tensor<float>(TensorDatatype.Fp32, [0, 3], []);

        using Tensor classes = Classification.Classify(output, 2, [], isBatched: true);

        Assert.Equal([0, 0], classes.Shape.ToArray());
        Assert.Empty(Texts(classes));
    }

    [Theory]
    [InlineData(TensorDatatype.UInt8)]
    [InlineData(TensorDatatype.Int8)]
    [InlineData(TensorDatatype.UInt16)]
    [InlineData(TensorDatatype.Int16)]
    [InlineData(TensorDatatype.UInt32)]
    [InlineData(TensorDatatype.Int32)]
    [InlineData(TensorDatatype.UInt64)]
    [InlineData(TensorDatatype.Int64)]
    [InlineData(TensorDatatype.Fp16)]
    [InlineData(TensorDatatype.Fp32)]
    [InlineData(TensorDatatype.Fp64)]
    public void Classify_ANumericDatatype_IsReadAsItsNumbers(TensorDatatype datatype)
    {
        using Tensor output = datatype switch
        {
            TensorDatatype.UInt8 => Tensor<byte>(datatype, [2], [7, 100]),
            TensorDatatype.Int8 => Tensor<sbyte>(datatype, [2], [7, 100]),
            TensorDatatype.UInt16 => Tensor<ushort>(datatype, [2], [7, 100]),
            TensorDatatype.Int16 => Tensor<short>(datatype, [2], [7, 100]),
            TensorDatatype.UInt32 => Tensor<uint>(datatype, [2], [7, 100]),
            TensorDatatype.Int32 => Tensor<int>(datatype, [2], [7, 100]),
            TensorDatatype.UInt64 => Tensor<ulong>(datatype, [2], [7, 100]),
            TensorDatatype.Int64 => Tensor<long>(datatype, [2], [7, 100]),
            TensorDatatype.Fp16 => Tensor<Half>(datatype, [2], [(Half)7, (Half)100]),
            TensorDatatype.Fp32 => Tensor<float>(datatype, [2], [7, 100]),
            _ => Tensor<double>(datatype, [2], [7, 100]),
        };

        using Tensor classes = Classification.Classify(output, 2, [], isBatched: false);

        bool fraction = datatype is TensorDatatype.Fp16 or TensorDatatype.Fp32 or TensorDatatype.Fp64;
        Assert.Equal(fraction ? ["100.000000:1", "7.000000:0"] : ["100:1", "7:0"], Texts(classes));
    }

    [Theory]
    [InlineData(TensorDatatype.Bool)]
    [InlineData(TensorDatatype.Bytes)]
    public void Classify_ADatatypeWithoutOrder_IsRefused(TensorDatatype datatype)
    {
        using Tensor output = new("y", datatype, [1], new byte[datatype == TensorDatatype.Bytes ? 4 : 1]);

        InferenceException exception = Assert.Throws<InferenceException>(() =>
            Classification.Classify(output, 1, [], isBatched: false)
        );

        Assert.Equal(
            $"class result not available for output due to unsupported type '{datatype.WireName()}': 'y'",
            exception.Message
        );
    }

    private static Tensor Tensor<T>(TensorDatatype datatype, long[] shape, T[] values)
        where T : unmanaged => new("y", datatype, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static List<string> Texts(Tensor tensor)
    {
        List<string> texts = [];
        ReadOnlySpan<byte> rest = tensor.Data.Span;
        while (!rest.IsEmpty)
        {
            Assert.True(BytesElements.TryRead(ref rest, out ReadOnlySpan<byte> element));
            texts.Add(Encoding.UTF8.GetString(element));
        }

        return texts;
    }
}
