using System.Net;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Access;

/// <summary>What pages of other origins may ask and read (CORS), on a server with keys.</summary>
public sealed class CrossOriginTests : IAsyncLifetime
{
    private const string Allowed = "https://tools.example.org";
    private const string Infer = "/v2/models/echo/infer";

    private readonly string _keys = Path.GetTempFileName();
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_keys, "key\n", Token);
        _gateway = await GatewayHost.StartAsync(
            ("ApiKeyFile", _keys),
            ("Access:AllowedOrigins:0", Allowed),
            ("Access:AllowedOrigins:1", "http://localhost:3000/")
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        File.Delete(_keys);
    }

    [Theory]
    [InlineData(Allowed)]
    [InlineData("http://localhost:3000")]
    public async Task Preflight_OfAnAllowedOrigin_IsAnsweredWithoutAKey(string origin)
    {
        using HttpResponseMessage response = await PreflightAsync(origin);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(origin, Header(response, "Access-Control-Allow-Origin"));
        Assert.Equal("GET,HEAD,POST", Header(response, "Access-Control-Allow-Methods"));
        Assert.Equal("authorization,inference-header-content-length", Header(response, "Access-Control-Allow-Headers"));
        Assert.Equal("Origin", Header(response, "Vary"));
        Assert.Equal("", Header(response, "Access-Control-Allow-Credentials"));
        Assert.Equal(0, _gateway.Dispatcher.Requests);
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("https://tools.example.org.elsewhere.example")]
    [InlineData("http://tools.example.org")]
    [InlineData("null")]
    public async Task Preflight_OfAnotherOrigin_IsRefused(string origin)
    {
        using HttpResponseMessage response = await PreflightAsync(origin);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal("", Header(response, "Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("key", InferBody.Good, 200)]
    [InlineData("key", "{}", 400)]
    [InlineData("wrong", InferBody.Good, 401)]
    public async Task Post_OfAnAllowedOrigin_TheAnswerMayBeReadByThePage(string key, string body, int status)
    {
        using HttpResponseMessage response = await PostAsync(Allowed, key, body);

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.Equal(Allowed, Header(response, "Access-Control-Allow-Origin"));
        Assert.Contains("Origin", Header(response, "Vary"), StringComparison.Ordinal);
        string exposed = Header(response, "Access-Control-Expose-Headers");
        Assert.Contains("Inference-Header-Content-Length", exposed, StringComparison.Ordinal);
        Assert.Contains("Retry-After", exposed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_WithoutAnOrigin_HasNoSuchHeaders()
    {
        using HttpResponseMessage response = await PostAsync(null, "key", InferBody.Good);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain(
            response.Headers,
            header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)
        );
    }

    [Fact]
    public async Task Options_ThatIsNoPreflight_NeedsAKeyWhereGetDoes()
    {
        using HttpRequestMessage asked = new(HttpMethod.Options, Infer);
        using HttpRequestMessage health = new(HttpMethod.Options, "/v2/health/live");

        using HttpResponseMessage refused = await _gateway.Http.SendAsync(asked, Token);
        using HttpResponseMessage answered = await _gateway.Http.SendAsync(health, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, answered.StatusCode);
    }

    private async Task<HttpResponseMessage> PreflightAsync(string origin)
    {
        using HttpRequestMessage request = new(HttpMethod.Options, Infer);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,inference-header-content-length");
        return await _gateway.Http.SendAsync(request, Token);
    }

    private async Task<HttpResponseMessage> PostAsync(string? origin, string key, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, Infer) { Content = new StringContent(body) };
        request.Headers.Add("X-API-Key", key);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        return await _gateway.Http.SendAsync(request, Token);
    }

    private static string Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : "";
}
