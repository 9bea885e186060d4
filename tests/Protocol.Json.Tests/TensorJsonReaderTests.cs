using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Protocol.Json.Tests;

public sealed class TensorJsonReaderTests
{
    [Theory]
    [InlineData("[2,3]", "[[1,2,3],[4,5,6]]")]
    [InlineData("[2,3]", "[1,2,3,4,5,6]")]
    [InlineData("[1,2,3]", "[[[1,2,3],[4,5,6]]]")]
    [InlineData("[6]", "[1,2,3,4,5,6]")]
    [InlineData("[]", "1")]
    [InlineData("[]", "[1]")]
    [InlineData("[1,1]", "[[1]]")]
    [InlineData("[0]", "[]")]
    [InlineData("[0,3]", "[]")]
    [InlineData("[2,0]", "[]")]
    [InlineData("[2,0]", "[[],[]]")]
    [InlineData("[2,0,3]", "[[],[]]")]
    [InlineData("[1,2,0]", "[[[],[]]]")]
    public void Read_FlatOrNestedAsTheShape_IsTaken(string shape, string data)
    {
        long[] dimensions = Shape(shape);
        Assert.True(TensorShape.TryCount(dimensions, out long elements));

        using Tensor tensor = Read("INT32", dimensions, data);

        Assert.Equal(Enumerable.Range(1, (int)elements), MemoryMarshal.Cast<byte, int>(tensor.Data.Span).ToArray());
    }

    [Theory]
    [InlineData("INT32", "[2,3]", "[[1,2],[3,4],[5,6]]", "nested as [3,2]")]
    [InlineData("INT32", "[3]", "[[1,2,3]]", "nested as [1,3]")]
    [InlineData("INT32", "[1,1,3]", "[[1,2,3]]", "nested as [1,3]")]
    [InlineData("INT32", "[1,3]", "[[[1,2,3]]]", "nested as [1,1,3]")]
    [InlineData("INT32", "[2,2]", "[[1,2,3],[4]]", "ragged arrays (3 and 1 elements side by side)")]
    [InlineData("INT32", "[2,2]", "[[1,2],3,4]", "ragged arrays (elements and arrays side by side)")]
    [InlineData("INT32", "[2,2]", "[1,2,[3,4]]", "ragged arrays (elements and arrays side by side)")]
    [InlineData("INT32", "[4]", "[1,2,[3,4]]", "ragged arrays (elements and arrays side by side)")]
    [InlineData("INT32", "[2,2]", "[[1,2],[3,[4]]]", "ragged arrays (elements and arrays side by side)")]
    [InlineData("INT32", "[1]", "1", "nested as []")]
    [InlineData("INT32", "[]", "[[1]]", "nested as [1,1]")]
    [InlineData("INT32", "[2,0]", "[[]]", "nested as [1,0]")]
    [InlineData("INT32", "[0]", "[[]]", "nested as [1,0]")]
    [InlineData("BYTES", "[2,1]", "[[\"a\",\"b\"]]", "nested as [1,2]")]
    [InlineData("BOOL", "[2,1]", "[[true,false]]", "nested as [1,2]")]
    [InlineData("FP16", "[2,1]", "[[1,2]]", "nested as [1,2]")]
    public void Read_NestedOtherwise_NamesBoth(string datatype, string shape, string data, string found)
    {
        InferenceException exception = Assert.Throws<InferenceException>(() => Read(datatype, Shape(shape), data));

        Assert.Equal(InferenceError.InvalidArgument, exception.Error);
        Assert.Contains("input 'x' has data ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(found, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"its shape is {shape}", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// FP16: 65519 rounds down to the largest, 2049 lies between two and goes to the even one, as does the smallest
    /// half.
    /// </summary>
    [Theory]
    [InlineData("FP16", "[1,-0.5,65504,65519]", new ushort[] { 0x3c00, 0xb800, 0x7bff, 0x7bff })]
    [InlineData(
        "FP16",
        "[2049,2051,2049.00000000000000000000000001,6e-8]",
        new ushort[] { 0x6800, 0x6802, 0x6801, 0x0001 }
    )]
    [InlineData("FP16", "[\"NaN\",\"Infinity\",\"-Infinity\",-0]", new ushort[] { 0xfe00, 0x7c00, 0xfc00, 0x8000 })]
    [InlineData("BF16", "[1,-0.5,3.3895314e38,1e-45]", new ushort[] { 0x3f80, 0xbf00, 0x7f7f, 0x0000 })]
    [InlineData(
        "BF16",
        "[257,259,257.0000000000000000000000000001,256]",
        new ushort[] { 0x4380, 0x4382, 0x4381, 0x4380 }
    )]
    [InlineData("BF16", "[\"NaN\",\"Infinity\",\"-Infinity\",-0]", new ushort[] { 0xffc0, 0x7f80, 0xff80, 0x8000 })]
    public void Read_SixteenBits_AreTheNearest(string datatype, string data, ushort[] expected)
    {
        using Tensor tensor = Read(datatype, [4], data);

        Assert.Equal(expected, MemoryMarshal.Cast<byte, ushort>(tensor.Data.Span).ToArray());
    }

    [Theory]
    [InlineData("FP16", "1e6", "numbers up to 65504")]
    [InlineData("FP16", "65520", "numbers up to 65504")]
    [InlineData("FP16", "\"nan\"", "is no FP16 but the text \"nan\"")]
    [InlineData("FP16", "null", "is no FP16 but null")]
    [InlineData("BF16", "3.4e38", "numbers up to 3.3895314E+38")]
    [InlineData("BF16", "true", "is no BF16 but true")]
    [InlineData("FP32", "1e39", "is no FP32 but 1e39; allowed: numbers up to 3.4028235E+38, and the texts \"NaN\"")]
    [InlineData("INT8", "128", "allowed: whole numbers from -128 to 127")]
    [InlineData("INT64", "1.0", "without a fraction")]
    [InlineData("UINT8", "{}", "is no UINT8 but an object")]
    [InlineData("BOOL", "2", "allowed: true, false, 0 and 1")]
    [InlineData("BYTES", "1", "allowed: texts")]
    public void Read_NoElement_SaysWhatIsAllowed(string datatype, string element, string expected)
    {
        InferenceException exception = Assert.Throws<InferenceException>(() => Read(datatype, [1], $"[{element}]"));

        Assert.StartsWith($"input 'x': element 0 is no {datatype} but ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private static long[] Shape(string text) => System.Text.Json.JsonSerializer.Deserialize<long[]>(text)!;

    private static Tensor Read(string datatype, long[] shape, string data)
    {
        Assert.True(TensorDatatypes.TryParse(datatype, out TensorDatatype parsed));
        Assert.True(TensorShape.TryCount(shape, out long elements));
        return TensorJsonReader.Read("x", parsed, shape, elements, Encoding.UTF8.GetBytes(data));
    }
}
