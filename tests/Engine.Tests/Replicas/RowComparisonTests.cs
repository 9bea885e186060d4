using System.Runtime.InteropServices;
using OrleansInference.Engine.Replicas;

namespace OrleansInference.Engine.Tests.Replicas;

public sealed class RowComparisonTests
{
    [Theory]
    [InlineData(1f, 1.0005f, true)]
    [InlineData(1f, 1.01f, false)]
    [InlineData(2e-5f, 2.2e-5f, false)]
    [InlineData(2e-5f, 2.00001e-5f, true)]
    [InlineData(1e30f, 1.0005e30f, true)]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.NaN, 1f, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, false)]
    [InlineData(0f, 0f, true)]
    public void Difference_Floats_AreComparedByTheSizeOfTheRow(float batched, float alone, bool isEqual) =>
        Assert.Equal(
            isEqual,
            RowComparison.Difference(Bytes(batched), Bytes(alone), TensorDatatype.Fp32, rounds: false) is null
        );

    [Fact]
    public void Difference_ASmallElementBesideALargeOne_MayLoseItsLastDigits()
    {
        Assert.Null(RowComparison.Difference(Bytes(1000, 0.5f), Bytes(1000, 0.1f), TensorDatatype.Fp32, rounds: false));
        Assert.NotNull(
            RowComparison.Difference(Bytes(1000, 5f), Bytes(1000, 0.1f), TensorDatatype.Fp32, rounds: false)
        );
    }

    [Fact]
    public void Difference_AModelThatRounds_MayBeALevelApart()
    {
        Assert.Null(RowComparison.Difference(Bytes(1.02f), Bytes(1), TensorDatatype.Fp32, rounds: true));
        Assert.NotNull(RowComparison.Difference(Bytes(1.2f), Bytes(1), TensorDatatype.Fp32, rounds: true));
    }

    [Fact]
    public void Difference_WithinTheNoise_IsNone()
    {
        Assert.NotNull(RowComparison.Difference(Bytes(2e-8f), Bytes(1e-8f), TensorDatatype.Fp32, rounds: false));
        Assert.Null(
            RowComparison.Difference(Bytes(2e-8f), Bytes(1e-8f), TensorDatatype.Fp32, rounds: false, noise: 1e-7)
        );
    }

    [Fact]
    public void Difference_IntegersAndLengths_MustBeEqual()
    {
        Assert.Null(RowComparison.Difference([1, 2], [1, 2], TensorDatatype.Int8, rounds: true));
        Assert.Equal(
            "other values in a batch than alone",
            RowComparison.Difference([1, 2], [1, 3], TensorDatatype.Int8, rounds: true)
        );
        Assert.Equal(
            "2 bytes in a batch, 3 alone",
            RowComparison.Difference([1, 2], [1, 2, 3], TensorDatatype.Int8, rounds: false)
        );
    }

    private static byte[] Bytes(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
