using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Cloud;

/// <summary>The routes of Amazon SageMaker and Google Vertex AI.</summary>
public sealed class CloudRoutesTests
{
    private const string Body = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}""";

    private static readonly (string, string)[] Amazon = [("CloudRoutes", "sagemaker")];
    private static readonly (string, string)[] Google =
    [
        ("CloudRoutes", "vertex"),
        ("DefaultModel", "echo"),
        (":AIP_HEALTH_ROUTE", "/v1/health"),
        (":AIP_PREDICT_ROUTE", "/v1/predict"),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Platforms =>
        new() { { "sagemaker", "/ping", "/invocations" }, { "vertex", "/v1/health", "/v1/predict" } };

    [Theory]
    [MemberData(nameof(Platforms))]
    public async Task Routes_OfThePlatform_ServeHealthAndTheModel(string platform, string health, string predict)
    {
        await using GatewayHost host = await StartAsync(platform);
        using StringContent content = new(Body, Encoding.UTF8, "application/json");

        using HttpResponseMessage ready = await host.Http.GetAsync(health, Token);
        using HttpResponseMessage answer = await host.Http.PostAsync(predict, content, Token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (ready.StatusCode, answer.StatusCode));
        Assert.Contains("\"data\":[1,2,3,4]", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("echo", host.Dispatcher.Last!.ModelName);
        host.Catalog.IsServerReady = false;
        using HttpResponseMessage starting = await host.Http.GetAsync(health, Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, starting.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    public async Task Routes_BinaryTensors_HaveTheirLengthInTheContentType(
        string platform,
        string health,
        string predict
    )
    {
        Assert.NotEqual(health, predict);
        await using GatewayHost host = await StartAsync(platform);
        string type = platform == "vertex" ? "vertex-ai" : platform;
        string binary = $"application/vnd.{type}-triton.binary+json;json-header-size=";
        Sample input = Sample.Create(new Random(1), TensorDatatype.Fp32, "x");
        (byte[] body, int length) = BinaryBody(input);
        using ByteArrayContent content = new(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(binary + length);

        using HttpResponseMessage answer = await host.Http.PostAsync(predict, content, Token);

        byte[] bytes = await answer.Content.ReadAsByteArrayAsync(Token);
        string given = answer.Content.Headers.ContentType!.ToString().Replace(" ", "", StringComparison.Ordinal);
        Assert.StartsWith(binary, given, StringComparison.Ordinal);
        Assert.Equal(input.Bytes, bytes[int.Parse(given[binary.Length..])..]);
        Assert.False(answer.Headers.Contains("Inference-Header-Content-Length"));
    }

    [Theory]
    [InlineData("application/vnd.sagemaker-triton.binary+json")]
    [InlineData("application/vnd.sagemaker-triton.binary+json;json-header-size=many")]
    [InlineData("application/vnd.vertex-ai-triton.binary+json;json-header-size=5")]
    public async Task Routes_AnotherContentType_IsRefused(string type)
    {
        await using GatewayHost host = await StartAsync("sagemaker");
        using StringContent content = new(Body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        using HttpResponseMessage answer = await host.Http.PostAsync("/invocations", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(
            "json-header-size=NUMBER",
            await answer.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Routes_NotAskedFor_AreNotThere()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        using HttpResponseMessage answer = await host.Http.GetAsync("/ping", Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Routes_AModelOfTheEnvironment_IsMeant()
    {
        await using GatewayHost host = await GatewayHost.StartAsync([
            .. Amazon,
            (":SAGEMAKER_TRITON_DEFAULT_MODEL_NAME", "other"),
        ]);
        using StringContent content = new(Body);

        using HttpResponseMessage answer = await host.Http.PostAsync("/invocations", content, Token);

        Assert.Equal("other", host.Dispatcher.Last!.ModelName);
    }

    [Theory]
    [InlineData("CloudRoutes", "azure", "must be sagemaker or vertex")]
    [InlineData(":AIP_PREDICT_ROUTE", "predict", "AIP_PREDICT_ROUTE is 'predict'")]
    [InlineData(":AIP_HEALTH_ROUTE", "", "AIP_HEALTH_ROUTE is ''")]
    [InlineData(":AIP_HTTP_PORT", "70000", "AIP_HTTP_PORT is '70000'; a port from 1 to 65535 is allowed")]
    public async Task Start_ASettingThatCannotBe_IsRefusedByName(string name, string value, string expected)
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
            await GatewayHost.StartAsync([.. Google, (name, value)])
        );

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private static Task<GatewayHost> StartAsync(string platform) =>
        GatewayHost.StartAsync(platform == "vertex" ? Google : Amazon);

    private static (byte[] Body, int Length) BinaryBody(Sample input)
    {
        string shape = string.Join(',', input.Shape);
        string size = $"{input.Bytes.Length}";
        string json =
            """{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","datatype":"FP32","shape":["""
            + shape
            + """],"parameters":{"binary_data_size":"""
            + size
            + "}}]}";
        return ([.. Encoding.UTF8.GetBytes(json), .. input.Bytes], Encoding.UTF8.GetByteCount(json));
    }
}
