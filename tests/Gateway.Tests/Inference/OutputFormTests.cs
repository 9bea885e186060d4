using System.Text;
using System.Text.Json;
using Google.Protobuf;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Inference;

/// <summary>Classification, sequence parameters and raw binary requests over the wire.</summary>
public sealed class OutputFormTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Infer_Classification_GivesLabelledTextsOverHttp()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string body) = await InferAsync(
            host,
            """{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[0.5,2,-1]}],"outputs":[{"name":"x","parameters":{"classification":2}}]}"""
        );

        Assert.Equal(200, status);
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement output = Assert.Single(json.RootElement.GetProperty("outputs").EnumerateArray());
        Assert.Equal(
            ("BYTES", "[1,2]", """["2.000000:1:one","0.500000:0:zero"]"""),
            (
                output.GetProperty("datatype").GetString(),
                output.GetProperty("shape").GetRawText(),
                output.GetProperty("data").GetRawText()
            )
        );
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task ModelInfer_Classification_GivesLabelledTextsOverGrpc()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest request = new()
        {
            ModelName = "echo",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "UINT8",
                    Shape = { 1, 2 },
                },
            },
            Outputs =
            {
                new ModelInferRequest.Types.InferRequestedOutputTensor
                {
                    Name = "x",
                    Parameters = { ["classification"] = new InferParameter { Int64Param = 1 } },
                },
            },
            RawInputContents = { ByteString.CopyFrom(3, 9) },
        };

        ModelInferResponse response = await host.Grpc.ModelInferAsync(request, cancellationToken: Token);

        Assert.Equal(
            ("BYTES", "9:1:one"),
            (response.Outputs[0].Datatype, response.RawOutputContents[0].ToStringUtf8()[4..])
        );
        Assert.Equal([1L, 1], response.Outputs[0].Shape);
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task Infer_ClassificationOfTexts_Is400AndReleasesAll()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string body) = await InferAsync(
            host,
            """{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["a"]}],"outputs":[{"name":"x","parameters":{"classification":2}}]}"""
        );

        Assert.Equal(400, status);
        Assert.Contains("unsupported type 'BYTES'", body, StringComparison.Ordinal);
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("5", "5")]
    [InlineData("9223372036854775809", "9223372036854775809")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("\"a text\"", "a text")]
    public async Task Infer_SequenceParameters_ReachTheDispatcherWhole(string id, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, _) = await InferAsync(
            host,
            $$"""{"parameters":{"sequence_id":{{id}},"sequence_start":true,"sequence_end":true},"""
                + InferBody.Good[1..]
        );

        Assert.Equal(200, status);
        Assert.Equal(
            (expected, true, true),
            (host.Dispatcher.Last!.SequenceId, host.Dispatcher.Last.SequenceStart, host.Dispatcher.Last.SequenceEnd)
        );
    }

    [Fact]
    public async Task Infer_RawBinary_IsTheModelsOneInput()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        byte[] contents = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        using ByteArrayContent content = InferBody.Content((contents, 0));

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        byte[] body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(
            contents,
            body[int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single())..]
        );
        Assert.Equal(
            ("x", "1,4"),
            (host.Dispatcher.Last!.Inputs[0].Name, string.Join(',', host.Dispatcher.Last.Inputs[0].Shape.ToArray()))
        );
        await host.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("echo", 0, 400)]
    [InlineData("echo", 15, 400)]
    [InlineData("echo", 32, 400)]
    [InlineData("nope", 16, 404)]
    [InlineData("throws", 16, 500)]
    public async Task Infer_RawBinaryThatDoesNotFit_IsRefusedAndReleased(string model, int length, int status)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using ByteArrayContent content = InferBody.Content((new byte[length], 0));

        using HttpResponseMessage response = await host.Http.PostAsync($"/v2/models/{model}/infer", content, Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(0, host.Dispatcher.Requests);
        await host.StopAndCheckAsync();
    }

    private static async Task<(int Status, string Body)> InferAsync(GatewayHost host, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
