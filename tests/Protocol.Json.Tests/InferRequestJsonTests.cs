using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Protocol.Json.Tests;

public sealed class InferRequestJsonTests
{
    [Fact]
    public void Write_WithoutBinary_HasTheTensorsInTheJson()
    {
        InferenceRequest request = new() { ModelName = "m", Inputs = [Floats("x", [2, 1], 1, 2.5f), Floats("z", [0])] };

        Assert.Equal(
            """{"parameters":{},"inputs":["""
                + """{"name":"x","datatype":"FP32","shape":[2,1],"data":[1,2.5]},"""
                + """{"name":"z","datatype":"FP32","shape":[0],"data":[]}]}""",
            Write(request, binary: false)
        );
    }

    [Fact]
    public void Write_Binary_HasTheSizesAndAsksForBinaryOutputs()
    {
        InferenceRequest request = new() { ModelName = "m", Inputs = [Floats("x", [2, 1], 1, 2.5f), Floats("z", [0])] };

        Assert.Equal(
            """{"parameters":{"binary_data_output":true},"inputs":["""
                + """{"name":"x","datatype":"FP32","shape":[2,1],"parameters":{"binary_data_size":8}},"""
                + """{"name":"z","datatype":"FP32","shape":[0],"parameters":{"binary_data_size":0}}]}""",
            Write(request, binary: true)
        );
    }

    [Fact]
    public void Write_EveryOption_IsWritten()
    {
        InferenceRequest request = new()
        {
            ModelName = "m",
            Id = "say \"7\"",
            Inputs = [],
            RequestedOutputs = ["y", "w"],
            Priority = 3,
            Timeout = TimeSpan.FromMilliseconds(50),
            SloP99Ms = 1.5,
            SequenceId = "a text",
            SequenceStart = true,
        };

        string json = Write(request, binary: false);

        Assert.Equal(
            """{"id":"say \u00227\u0022","parameters":{"priority":3,"timeout":50000,"slo_p99_ms":1.5"""
                + ""","sequence_id":"a text","sequence_start":true,"sequence_end":false}"""
                + ""","inputs":[],"outputs":[{"name":"y"},{"name":"w"}]}""",
            json
        );
    }

    [Theory]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("18446744073709551616", "\"18446744073709551616\"")]
    [InlineData("-1", "\"-1\"")]
    [InlineData(" 7", "\" 7\"")]
    public void Write_ASequence_IsANumberWhereTheProtocolHasOne(string id, string expected)
    {
        InferenceRequest request = new()
        {
            ModelName = "m",
            Inputs = [],
            SequenceId = id,
        };

        Assert.Contains($"\"sequence_id\":{expected},", Write(request, binary: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TextThatIsNoUtf8_IsRefusedInJsonAlone()
    {
        InferenceRequest request = new()
        {
            ModelName = "m",
            Inputs = [new Tensor("t", TensorDatatype.Bytes, [1], new byte[] { 1, 0, 0, 0, 0xFF })],
        };

        InferenceException refusal = Assert.Throws<InferenceException>(() => Write(request, binary: false));

        Assert.Equal(InferenceError.InvalidArgument, refusal.Error);
        Assert.Contains("tensor 't'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("\"binary_data_size\":5", Write(request, binary: true), StringComparison.Ordinal);
    }

    private static string Write(InferenceRequest request, bool binary)
    {
        ArrayBufferWriter<byte> buffer = new();
        InferRequestJson.Write(buffer, request, binary);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static Tensor Floats(string name, long[] shape, params float[] values) =>
        new(name, TensorDatatype.Fp32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
}
