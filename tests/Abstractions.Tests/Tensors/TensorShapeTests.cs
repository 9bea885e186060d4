namespace OrleansInference.Abstractions.Tests.Tensors;

public sealed class TensorShapeTests
{
    [Theory]
    [InlineData(new long[0], 1)]
    [InlineData(new long[] { 2, 3 }, 6)]
    [InlineData(new long[] { 2, 0, 3 }, 0)]
    [InlineData(new long[] { long.MaxValue }, long.MaxValue)]
    public void TryCount_AValidShape_IsItsProduct(long[] shape, long expected)
    {
        Assert.True(TensorShape.TryCount(shape, out long elements));
        Assert.Equal(expected, elements);
    }

    [Theory]
    [InlineData(new long[] { -1 })]
    [InlineData(new long[] { 0, -1 })]
    [InlineData(new long[] { long.MaxValue, 2 })]
    [InlineData(new long[] { 1L << 32, 1L << 32, 0 })]
    public void TryCount_NegativeOrOverflowing_IsRefused(long[] shape) =>
        Assert.False(TensorShape.TryCount(shape, out _));
}
