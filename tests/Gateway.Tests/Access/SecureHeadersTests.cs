using System.Net;
using System.Net.Http.Headers;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Access;

/// <summary>The headers that tell a browser not to guess, frame or share an answer.</summary>
public sealed class SecureHeadersTests : IAsyncLifetime
{
    private static readonly string[] s_headers =
    [
        "X-Content-Type-Options",
        "X-Frame-Options",
        "Referrer-Policy",
        "Cross-Origin-Resource-Policy",
    ];

    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("GET", "/v2/models/echo", "", "")]
    [InlineData("GET", "/v2/models/echo/infer", "", "")]
    [InlineData("POST", "/v2/models/echo/infer", "Sec-Fetch-Site", "same-origin")]
    [InlineData("POST", "/v2/models/echo/infer", "Sec-Fetch-Site", "cross-site")]
    [InlineData("POST", "/v2/models/echo/infer", "Origin", "http://elsewhere.example")]
    [InlineData("POST", "/v2/repository/index", "", "")]
    [InlineData("POST", "/nowhere", "", "")]
    public async Task Answer_ThatABrowserCanHaveAskedFor_HasThemAll(
        string method,
        string path,
        string name,
        string value
    )
    {
        HttpResponseHeaders headers = await AskAsync(method, path, name, value);

        Assert.All(s_headers, header => Assert.True(headers.Contains(header), header));
    }

    [Fact]
    public async Task Answer_OfAnInferenceWithoutAnOrigin_HasNone()
    {
        using StringContent body = new("""{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1.5]}]}""");
        using HttpResponseMessage response = await _gateway.Http.PostAsync("/v2/models/echo/infer", body, Token);
        HttpResponseHeaders headers = response.Headers;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.All(s_headers, header => Assert.False(headers.Contains(header), header));
    }

    private async Task<HttpResponseHeaders> AskAsync(string method, string path, string name, string value)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (name.Length > 0)
        {
            request.Headers.Add(name, value);
        }
        using HttpResponseMessage response = await _gateway.Http.SendAsync(request, Token);
        return response.Headers;
    }
}
