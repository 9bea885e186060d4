using System.Net;
using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Http;

public sealed class RouteTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "/v2",
        """{"name":"orleans-inference","version":"0.2.0","extensions":["classification","sequence","model_repository","model_repository(unload_dependents)","schedule_policy","model_configuration","binary_tensor_data","parameters","statistics","trace","logging"]}"""
    )]
    [InlineData(
        "/v2/models/echo",
        """{"name":"echo","versions":["3"],"platform":"onnxruntime_onnx","inputs":[{"name":"x","datatype":"FP32","shape":[-1,4]}],"outputs":[{"name":"y","datatype":"INT64","shape":[-1]}],"parameters":{"execution_provider":"CPUExecutionProvider"}}"""
    )]
    [InlineData("/v2/models/echo/versions/3/config", """{"name":"echo","max_batch_size":8}""")]
    [InlineData("/v2/models/echo/config", """{"name":"echo","max_batch_size":8}""")]
    public async Task Get_Metadata_IsTheProtocols(string path, string expected)
    {
        using HttpResponseMessage response = await shared.Host.Http.GetAsync(path, Token);

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(expected, await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("/v2/health/live", 200)]
    [InlineData("/v2/health/ready", 200)]
    [InlineData("/v2/models/echo/ready", 200)]
    [InlineData("/v2/models/echo/versions/3/ready", 200)]
    [InlineData("/v2/models/echo/versions/4/ready", 400)]
    [InlineData("/v2/models/nope/ready", 400)]
    [InlineData("/v2/models/echo/versions/one", 400)]
    [InlineData("/v2/models/nope", 404)]
    [InlineData("/v2/models/nope/config", 404)]
    [InlineData("/v2/models/throws", 500)]
    [InlineData("/v2/nothing", 404)]
    [InlineData("/", 404)]
    [InlineData("/v2/models/echo/infer", 405)]
    public async Task Get_EachPath_HasItsStatusAndAnErrorItsBody(string path, int status)
    {
        using HttpResponseMessage response = await shared.Host.Http.GetAsync(path, Token);

        Assert.Equal(status, (int)response.StatusCode);
        if (status >= 400)
        {
            await AssertErrorAsync(response);
        }
    }

    [Theory]
    [InlineData("POST", "/v2", "GET, HEAD, OPTIONS")]
    [InlineData("DELETE", "/v2/health/live", "GET, HEAD, OPTIONS")]
    [InlineData("PUT", "/v2/models/echo", "GET, HEAD, OPTIONS")]
    [InlineData("GET", "/v2/models/echo/versions/3/infer", "POST, OPTIONS")]
    [InlineData("HEAD", "/v2/models/echo/infer", "POST, OPTIONS")]
    [InlineData("PUT", "/v2/logging", "GET, POST, HEAD, OPTIONS")]
    public async Task Send_TheWrongMethod_Is405AndNamesTheRightOnes(string method, string path, string allowed)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);

        using HttpResponseMessage response = await shared.Host.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        if (method != "HEAD")
        {
            await AssertErrorAsync(response);
        }
    }

    [Theory]
    [InlineData("/v2/health/live")]
    [InlineData("/v2/health/ready")]
    [InlineData("/v2/models/echo")]
    [InlineData("/v2/models/echo/ready")]
    [InlineData("/v2/models/nope")]
    [InlineData("/v2/models/stats")]
    [InlineData("/v2/agent/policies")]
    [InlineData("/v2/agent/stream")]
    [InlineData("/metrics")]
    public async Task Head_WhereGetIs_IsItsStatusWithoutABody(string path)
    {
        using HttpRequestMessage asked = new(HttpMethod.Get, path);
        using HttpRequestMessage head = new(HttpMethod.Head, path);

        using HttpResponseMessage expected = await shared.Host.Http.SendAsync(
            asked,
            HttpCompletionOption.ResponseHeadersRead,
            Token
        );
        using HttpResponseMessage response = await shared.Host.Http.SendAsync(head, Token);

        Assert.Equal(expected.StatusCode, response.StatusCode);
        Assert.Equal(expected.Content.Headers.ContentType, response.Content.Headers.ContentType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
    }

    [Theory]
    [InlineData("/v2/health/ready", "GET, HEAD, OPTIONS")]
    [InlineData("/v2/models/echo/infer", "POST, OPTIONS")]
    [InlineData("/v2/repository/index", "POST, OPTIONS")]
    [InlineData("/v2/jobs", "GET, POST, HEAD, OPTIONS")]
    public async Task Options_AnyRoute_Is204WithItsMethods(string path, string allowed)
    {
        using HttpRequestMessage request = new(HttpMethod.Options, path);

        using HttpResponseMessage response = await shared.Host.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
    }

    [Fact]
    public async Task Ready_WhileLoading_Is503()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.IsServerReady = false;

        using HttpResponseMessage response = await host.Http.GetAsync("/v2/health/ready", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Infer_APercentEncodedModelAndAVersion_ReachTheDispatcherDecoded()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using StringContent content = new(InferBody.Good);

        using HttpResponseMessage response = await host.Http.PostAsync(
            "/v2/models/r%C3%A9sum%C3%A9%20model/versions/12/infer",
            content,
            Token
        );

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("résumé model", "12"), (host.Dispatcher.Last!.ModelName, host.Dispatcher.Last.ModelVersion));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("-1")]
    [InlineData("1.0")]
    [InlineData("%D9%A1")]
    public async Task Infer_AVersionThatIsNoNumber_Is400(string version)
    {
        using StringContent content = new(InferBody.Good);

        using HttpResponseMessage response = await shared.Host.Http.PostAsync(
            $"/v2/models/echo/versions/{version}/infer",
            content,
            Token
        );

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await AssertErrorAsync(response);
    }

    private static async Task AssertErrorAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        string error = json.RootElement.GetProperty("error").GetString()!;
        Assert.NotEmpty(error);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }
}
