using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class InferRequestReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, true)]
    [InlineData(7, true)]
    [InlineData(4096, true)]
    [InlineData(1, false)]
    [InlineData(33, false)]
    public async Task Read_BinaryInAnyPieces_GivesEachInputItsBytes(int chunk, bool knownLength)
    {
        byte[] first = Bytes(24, seed: 1);
        byte[] second = Bytes(3, seed: 2);
        byte[] third = Bytes(16, seed: 3);
        string header =
            """{"id":"a","inputs":[{"name":"f","shape":[6],"datatype":"FP32","parameters":{"binary_data_size":24}},{"name":"b","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}},{"name":"d","shape":[2],"datatype":"FP64","parameters":{"binary_data_size":16}}],"parameters":{"priority":2,"timeout":5000,"slo_p99_ms":1.5,"binary_data_output":true},"outputs":[{"name":"y"},{"name":"z","parameters":{"binary_data":false}}]}""";

        ParsedInferRequest request = await ReadAsync(
            [.. Encoding.UTF8.GetBytes(header), .. first, .. second, .. third],
            BodyForm.JsonThenBinary(header.Length),
            chunk,
            knownLength
        );

        Assert.Equal(["f", "b", "d"], request.Inputs.Select(input => input.Name));
        Assert.Equal(first, request.Inputs[0].Data.ToArray());
        Assert.Equal(second, request.Inputs[1].Data.ToArray());
        Assert.Equal(third, request.Inputs[2].Data.ToArray());
        Assert.Equal(
            ("a", 2u, TimeSpan.FromMilliseconds(5), 1.5),
            (request.Id, request.Parameters.Priority, request.Parameters.Timeout, request.Parameters.SloP99Ms)
        );
        Assert.True(request.IsBinary("y"));
        Assert.False(request.IsBinary("z"));
        foreach (Tensor input in request.Inputs)
        {
            input.Dispose();
        }
    }

    [Fact]
    public async Task Read_DataBeforeShapeAndNested_IsRead()
    {
        ParsedInferRequest request = await ReadAsync(
            """{"extra":[{}],"inputs":[{"data":[[1,2],[3,4]],"shape":[2,2],"name":"x","datatype":"INT16","other":{"a":[1]}}]}"""
        );

        Assert.Equal([1, 0, 2, 0, 3, 0, 4, 0], request.Inputs[0].Data.ToArray());
    }

    [Theory]
    [InlineData("BOOL", "[true,false,1,0]", new byte[] { 1, 0, 1, 0 })]
    [InlineData("UINT8", "[0,255,1,2]", new byte[] { 0, 255, 1, 2 })]
    [InlineData("INT8", "[-128,127,-1,0]", new byte[] { 128, 127, 255, 0 })]
    [InlineData("UINT16", "[65535,1,0,2]", new byte[] { 255, 255, 1, 0, 0, 0, 2, 0 })]
    [InlineData(
        "FP32",
        "[1,\"NaN\",\"Infinity\",-2.5]",
        new byte[] { 0, 0, 128, 63, 0, 0, 192, 255, 0, 0, 128, 127, 0, 0, 32, 192 }
    )]
    [InlineData(
        "BYTES",
        "[\"a\",\"\",\"\\u00e9\",\"xy\"]",
        new byte[] { 1, 0, 0, 0, 97, 0, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9, 2, 0, 0, 0, 120, 121 }
    )]
    public async Task Read_JsonOfEachKind_IsLittleEndian(string datatype, string data, byte[] expected)
    {
        ParsedInferRequest request = await ReadAsync(
            $$"""{"inputs":[{"name":"x","shape":[4],"datatype":"{{datatype}}","data":{{data}}}]}"""
        );

        Assert.Equal(expected, request.Inputs[0].Data.ToArray());
    }

    [Theory]
    [InlineData("UINT8", "256")]
    [InlineData("INT8", "-129")]
    [InlineData("INT32", "1.5")]
    [InlineData("UINT64", "-1")]
    [InlineData("BOOL", "2")]
    [InlineData("FP64", "\"1\"")]
    [InlineData("BYTES", "1")]
    [InlineData("FP32", "null")]
    [InlineData("FP16", "1e6")]
    [InlineData("BF16", "1e39")]
    public async Task Read_AnElementOutsideItsDatatype_IsRefusedByName(string datatype, string element)
    {
        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            ReadAsync($$"""{"inputs":[{"name":"pixels","shape":[1],"datatype":"{{datatype}}","data":[{{element}}]}]}""")
        );

        Assert.Equal(InferenceError.InvalidArgument, exception.Error);
        Assert.Contains("'pixels'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_MutatedRequests_AreReadOrRefused()
    {
        byte[] good = Encoding.UTF8.GetBytes(
            """{"id":"a","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}],"parameters":{"priority":2}}"""
        );
        Random random = new(9);
        int read = 0;
        for (int i = 0; i < 5000; i++)
        {
            byte[] broken = random.Next(4) == 0 ? good[..random.Next(good.Length)] : [.. good];
            if (broken.Length > 0)
            {
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            }
            try
            {
                ParsedInferRequest request = await ReadAsync(broken, BodyForm.Json, 4096, knownLength: true);
                foreach (Tensor input in request.Inputs)
                {
                    input.Dispose();
                }
                read++;
            }
            catch (InferenceException exception)
            {
                Assert.True(
                    exception.Error is InferenceError.InvalidArgument or InferenceError.Unsupported,
                    exception.Message
                );
            }
        }

        Assert.InRange(read, 1, 4999);
    }

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Task<ParsedInferRequest> ReadAsync(string json) =>
        ReadAsync(Encoding.UTF8.GetBytes(json), BodyForm.Json, 4096, knownLength: true);

    private static async Task<ParsedInferRequest> ReadAsync(byte[] bytes, BodyForm form, int chunk, bool knownLength)
    {
        DefaultHttpContext context = new();
        context.Request.Body = new ChunkedBody(bytes, chunk);
        if (knownLength)
        {
            context.Request.ContentLength = bytes.Length;
        }
        using RequestBody body = await RequestBody.ReadAsync(context.Request, form, 1 << 20, Token);
        return InferRequestReader.Read(body);
    }
}
