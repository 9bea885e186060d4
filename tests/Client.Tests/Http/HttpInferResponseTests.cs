using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansInference.Client.Http;

namespace OrleansInference.Client.Tests.Http;

/// <summary>Answers that are none: each is an error that says what is wrong with it.</summary>
public sealed class HttpInferResponseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("<html>", "'<'")]
    [InlineData("[]", "Object")]
    [InlineData("""{"outputs":[]}""", "key")]
    [InlineData("""{"model_name":"m"}""", "key")]
    [InlineData("""{"model_name":1,"outputs":[]}""", "Number")]
    [InlineData("""{"model_name":"m","outputs":{}}""", "Array")]
    [InlineData(
        """{"model_name":"m","outputs":[{"name":null,"datatype":"FP32","shape":[1],"data":[1]}]}""",
        "name is null"
    )]
    [InlineData(
        """{"model_name":"m","outputs":[{"name":"y","datatype":"FP8","shape":[1],"data":[1]}]}""",
        "unknown datatype"
    )]
    [InlineData("""{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[-1],"data":[1]}]}""", "[-1]")]
    [InlineData(
        """{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1.5],"data":[1]}]}""",
        "dimension 1.5"
    )]
    [InlineData("""{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1]}]}""", "key")]
    [InlineData(
        """{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[3],"data":[1,2]}]}""",
        "2 elements"
    )]
    [InlineData(
        """{"model_name":"m","outputs":[{"name":"y","datatype":"INT32","shape":[1],"data":["a"]}]}""",
        "no INT32"
    )]
    public async Task ReadAsync_JsonThatIsNoAnswer_ThrowsWhatIsWrong(string json, string expected)
    {
        InferenceException exception = await RefusedAsync(json, [], $"{Encoding.UTF8.GetByteCount(json)}");

        Assert.Equal(InferenceError.Internal, exception.Error);
        Assert.StartsWith(
            "the server's answer is not one of the protocol: ",
            exception.Message,
            StringComparison.Ordinal
        );
        Assert.Contains(expected, exception.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("FP32", "[2]", "9", 8, "claims 9 bytes, 8 are left")]
    [InlineData("FP32", "[2]", "-1", 8, "claims -1 bytes")]
    [InlineData("FP32", "[2]", "99999999999", 8, "claims 99999999999 bytes")]
    [InlineData("FP32", "[3]", "8", 8, "8 bytes, which are not the 3 elements")]
    [InlineData("FP32", "[9223372036854775807]", "8", 8, "8 bytes, which are not")]
    [InlineData("INT64", "[1]", "7", 8, "7 bytes, which are not the 1 elements")]
    [InlineData("BYTES", "[1]", "8", 8, "not the 1 texts")]
    public async Task ReadAsync_BinaryContentsThatDoNotFit_ThrowsWhatIsWrong(
        string datatype,
        string shape,
        string size,
        int bytes,
        string expected
    )
    {
        string json =
            $$$"""{"model_name":"m","outputs":[{"name":"y","datatype":"{{{datatype}}}","shape":{{{shape}}},"parameters":{"binary_data_size":{{{size}}}}}]}""";

        InferenceException exception = await RefusedAsync(json, new byte[bytes], $"{json.Length}");

        Assert.Equal(InferenceError.Internal, exception.Error);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("99999")]
    [InlineData("-1")]
    [InlineData("many")]
    public async Task ReadAsync_AWrongLengthOfTheJson_ThrowsWhatIsWrong(string length)
    {
        InferenceException exception = await RefusedAsync("""{"model_name":"m","outputs":[]}""", [], length);

        Assert.Equal(InferenceError.Internal, exception.Error);
        Assert.Contains($"'{length}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_ABodyThatEndsEarly_ThrowsUnavailable()
    {
        await using FakeServer server = await FakeServer.StartAsync(
            async context =>
            {
                context.Response.ContentLength = 100;
                await context.Response.WriteAsync("{", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
            },
            Token
        );

        InferenceException exception = await InferAsync(server);

        Assert.Equal(InferenceError.Unavailable, exception.Error);
    }

    private static async Task<InferenceException> RefusedAsync(string json, byte[] tensors, string length)
    {
        await using FakeServer server = await FakeServer.StartAsync(
            async context =>
            {
                context.Response.Headers["Inference-Header-Content-Length"] = length;
                await context.Response.Body.WriteAsync(
                    (byte[])[.. Encoding.UTF8.GetBytes(json), .. tensors],
                    context.RequestAborted
                );
            },
            Token
        );
        return await InferAsync(server);
    }

    private static async Task<InferenceException> InferAsync(FakeServer server)
    {
        using HttpInferenceClient client = new(
            new HttpClient(),
            new InferenceClientOptions { Endpoint = server.Address },
            TimeProvider.System
        );
        InferenceRequest request = new()
        {
            ModelName = "m",
            Inputs = [new Tensor("x", TensorDatatype.Fp32, [1], new byte[4])],
        };
        return await Assert.ThrowsAsync<InferenceException>(() => client.InferAsync(request, Token));
    }
}
