using System.Numerics.Tensors;

namespace OrleansInference.Abstractions.Tests.Tensors;

public sealed class TensorTests
{
    [Fact]
    public void Create_OwnElements_AreNotCopied()
    {
        float[] elements = [1, 2, 3, 4];

        using Tensor tensor = Tensor.Create("x", elements, 2, 2);
        elements[3] = 9;

        Assert.Equal(("x", TensorDatatype.Fp32, 16), (tensor.Name, tensor.Datatype, tensor.ByteLength));
        Assert.Equal([2L, 2], tensor.Shape.ToArray());
        Assert.Equal([1f, 2, 3, 9], tensor.ToArray<float>());
        Assert.Equal(9, BitConverter.ToSingle(tensor.Data.Span[12..]));
    }

    [Fact]
    public void Create_PartsOfAnArray_ArePinnedWhereTheyLie()
    {
        short[] elements = [1, 2, 3];
        using Tensor tensor = Tensor.Create<short>("x", elements.AsMemory(1));

        using System.Buffers.MemoryHandle handle = tensor.Data[2..].Pin();
        unsafe
        {
            Assert.Equal(3, *(short*)handle.Pointer);
        }
    }

    [Fact]
    public void Create_NoShape_IsOneDimension()
    {
        Assert.Equal([3L], Tensor.Create<byte>("x", [1, 2, 3]).Shape.ToArray());
        Assert.Equal([2L], Tensor.Create("x", ["a", "b"]).Shape.ToArray());
        Assert.Empty(Tensor.CreateScalar("x", 1L).Shape.ToArray());
    }

    [Theory]
    [InlineData(new long[] { 2, 2 }, "is given 3 elements; its shape [2,2] asks for 4")]
    [InlineData(new long[] { -1 }, "cannot have shape [-1]")]
    [InlineData(new long[] { long.MaxValue, 2 }, "product below 2^63")]
    public void Create_AShapeThatDoesNotFit_SaysBoth(long[] shape, string expected)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Tensor.Create("x", new int[3], shape));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains("'x'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_ATypeWithoutDatatype_NamesThoseThereAre()
    {
        NotSupportedException exception = Assert.Throws<NotSupportedException>(() =>
            Tensor.Create("x", new decimal[1])
        );

        Assert.Contains("Decimal", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Single", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_TheDatatypesOwnType_HasTheShape()
    {
        using Tensor tensor = Tensor.Create<double>("y", [1, 2, 3, 4, 5, 6], 2, 3);

        ReadOnlyTensorSpan<double> view = tensor.As<double>();

        Assert.Equal([2, 3], view.Lengths.ToArray());
        Assert.Equal(6, view[1, 2]);
        Assert.Equal(4, tensor.ToTensor<double>()[1, 0]);
    }

    [Fact]
    public void As_AnotherType_SaysWhatItIsAndWhatWasAsked()
    {
        using Tensor numbers = Tensor.Create<float>("y", [1]);
        using Tensor texts = Tensor.Create("t", ["a"]);
        using Tensor brief = Tensor.CreateBf16("b", [1.5f]);

        Assert.Equal(
            "Tensor 'y' has elements of FP32, not Int64: use AsSpan<Single>.",
            Assert.Throws<InvalidCastException>(() => numbers.ToArray<long>()).Message
        );
        Assert.Contains("use AsSpan<Single>", Assert.Throws<InvalidCastException>(numbers.GetStrings).Message);
        Assert.Contains("use GetStrings", Assert.Throws<InvalidCastException>(() => texts.ToArray<byte>()).Message);
        Assert.Contains("use ToSingles", Assert.Throws<InvalidCastException>(() => brief.ToArray<ushort>()).Message);
    }

    [Fact]
    public void GetStrings_WhatWasCreated_ComesBack()
    {
        string[] texts = ["", "ä", "two words"];

        Assert.Equal(texts, Tensor.Create("t", texts, 3, 1).GetStrings());
        Assert.Equal("ä", Tensor.Create("t", ["ä"]).GetString());
        Assert.Contains(
            "has 3 elements, not one",
            Assert.Throws<InvalidOperationException>(Tensor.Create("t", texts).GetString).Message
        );
    }

    [Fact]
    public void ToSingles_EveryFloatingPoint_IsRead()
    {
        Assert.Equal([1.5f, -2], Tensor.Create<Half>("x", [(Half)1.5f, (Half)(-2)]).ToSingles());
        Assert.Equal([1.5f, -2], Tensor.Create<double>("x", [1.5, -2]).ToSingles());
        Assert.Equal([1.5f, -2], Tensor.CreateBf16("x", [1.5f, -2]).ToSingles());
        Assert.Equal([1.5f, -2], Tensor.Create<float>("x", [1.5f, -2]).ToSingles());
    }

    [Fact]
    public void Create_ATensorOfTheLibrary_HasItsShapeAndElements()
    {
        Tensor<int> library = System.Numerics.Tensors.Tensor.Create([1, 2, 3, 4, 5, 6], [3, 2]);

        using Tensor tensor = Tensor.Create("x", library);

        Assert.Equal([3L, 2], tensor.Shape.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6], tensor.ToArray<int>());
    }

    [Fact]
    public void Data_AfterDispose_IsRefused()
    {
        Tensor tensor = Tensor.Create<float>("x", [1]);
        tensor.Dispose();

        Assert.Throws<ObjectDisposedException>(() => tensor.ToArray<float>());
    }
}
