using System.Net;
using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Generate;

/// <summary>Requests whose members are the tensors.</summary>
public sealed class GenerateTests : IAsyncLifetime
{
    private GatewayHost _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("/v2/models/echo/generate", "1,2,3,4", "1 4")]
    [InlineData("/v2/models/echo/versions/3/generate", "1,2,3,4,5,6,7,8", "2 4")]
    public async Task Generate_MembersNamedAsInputs_AreTensors(string path, string values, string shape)
    {
        (HttpStatusCode status, JsonElement answer) = await PostAsync(
            path,
            $$"""{"id":"7","x":[{{values}}],"other":true}"""
        );

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($$"""{"id":"7","model_name":"echo","model_version":"3","x":[{{values}}]}""", answer.GetRawText());
        Assert.Equal(shape, string.Join(' ', _host.Dispatcher.Last!.Inputs[0].Shape.ToArray()));
        Assert.Equal(0, _host.Dispatcher.Held());
    }

    [Fact]
    public async Task Generate_OneElement_IsAValue()
    {
        _host.Dispatcher.Handler = (request, _) =>
        {
            request.Dispose();
            byte[] text = [3, 0, 0, 0, .. "a\"b"u8];
            return ValueTask.FromResult(
                new InferenceAnswer
                {
                    ModelName = "echo",
                    ModelVersion = "3",
                    Outputs =
                    [
                        new Tensor("text", TensorDatatype.Bytes, [1, 1], text),
                        new Tensor("none", TensorDatatype.Fp32, [0], default),
                    ],
                }
            );
        };

        (_, JsonElement answer) = await PostAsync("/v2/models/echo/generate", """{"x":[1,2,3,4]}""");

        Assert.Equal("""{"model_name":"echo","model_version":"3","text":"a\"b","none":[]}""", answer.GetRawText());
    }

    [Theory]
    [InlineData("""{"x":[1,2,3,4],"parameters":{"priority":3,"sequence_id":"s","temperature":0.5,"x":[4,3,2,1]}}""")]
    [InlineData("""{"priority":3,"x":[1,2,3,4],"x":[1,2,3,4],"sequence_id":"s","stream":false,"note":null}""")]
    public async Task Generate_OtherMembers_AreParameters(string body)
    {
        await PostAsync("/v2/models/echo/generate", body);

        InferenceCall request = _host.Dispatcher.Last!;
        Assert.Equal((3UL, "s"), (request.PriorityLevel, request.SequenceId));
        // One that is given twice is for the model to refuse.
        Assert.Equal(["x", "x"], request.Inputs.Select(input => input.Name));
    }

    [Fact]
    public async Task GenerateStream_AnAnswer_IsOneEvent()
    {
        using StringContent content = new("""{"x":[1,2,3,4]}""");

        using HttpResponseMessage response = await _host.Http.PostAsync(
            "/v2/models/echo/generate_stream",
            content,
            Token
        );

        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "data: {\"model_name\":\"echo\",\"model_version\":\"3\",\"x\":[1,2,3,4]}\n\n",
            await response.Content.ReadAsStringAsync(Token)
        );
    }

    [Theory]
    [InlineData("", "the request body is empty")]
    [InlineData("[]", "the request must be a JSON object")]
    [InlineData("{", "is not valid JSON")]
    [InlineData("""{"x":[1,2,3,4]} 5""", "is not valid JSON")]
    [InlineData("""{"id":"7"}""", "the request has no input of model 'echo'; its inputs are: x")]
    [InlineData("""{"x":[1,2,3]}""", "input 'x' has 3 elements, which fill no tensor of shape [-1,4]")]
    [InlineData("""{"x":1}""", "input 'x' has 1 elements")]
    [InlineData("""{"x":[[1,2,3,4]]}""", "input 'x' must be a value, or an array of values")]
    [InlineData("""{"x":null}""", "input 'x' must be a value, or an array of values")]
    [InlineData("""{"x":{"a":1}}""", "input 'x' must be a value, or an array of values")]
    [InlineData("""{"x":["a","b","c","d"]}""", "x")]
    [InlineData(
        """{"x":[1,2,3,4],"y":[1]}""",
        "'y' must be a string, a number or a boolean: model 'echo' has no such input"
    )]
    [InlineData("""{"x":[1,2,3,4],"parameters":{"parameters":{}}}""", "'parameters' must be a string")]
    [InlineData("""{"x":[1,2,3,4],"id":5}""", "'id' must be a string")]
    [InlineData("""{"x":[1,2,3,4],"priority":-1}""", "parameter 'priority' is -1")]
    public async Task Generate_AMalformedRequest_IsAnErrorThatSaysWhere(string body, string expected)
    {
        foreach (string route in (string[])["generate", "generate_stream"])
        {
            (HttpStatusCode status, JsonElement answer) = await PostAsync($"/v2/models/echo/{route}", body);

            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains(expected, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal(0, _host.Dispatcher.Held());
    }

    [Fact]
    public async Task Generate_AnUnknownModelOrAnotherMethod_IsAnsweredInTheProtocolsForm()
    {
        (HttpStatusCode unknown, _) = await PostAsync("/v2/models/none/generate", """{"x":[1,2,3,4]}""");
        using HttpResponseMessage get = await _host.Http.GetAsync("/v2/models/echo/generate", Token);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed), (unknown, get.StatusCode));
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _host.Http.PostAsync(path, content, Token);
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Token));
        return (response.StatusCode, json.RootElement.Clone());
    }
}
