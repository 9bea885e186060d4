using System.Net;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class AdmissionTests : IAsyncLifetime
{
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _gateway = await GatewayHost.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Infer_ARefusedRequest_IsAnsweredBeforeItsBodyHasCome()
    {
        _gateway.Gate.Handler = _ => new AdmissionOutcome(null, "it is full", TimeSpan.FromSeconds(2.5));
        using RawConnection connection = await _gateway.ConnectAsync();

        // Only the headers are ever sent.
        await connection.SendAsync("POST /v2/models/echo/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
        (int status, string headers, _) = await connection.ReceiveAsync();

        Assert.Equal(429, status);
        Assert.Contains("Retry-After: 3", headers, StringComparison.Ordinal);
        Assert.Equal(0, _gateway.Dispatcher.Requests);
    }

    /// <summary>A sequence's later requests must not run on a state that lacks the refused one.</summary>
    [Theory]
    [InlineData("""{"parameters":{"sequence_id":7,"sequence_start":true},"inputs":[]}""", "7")]
    [InlineData(
        """{"inputs":[{"parameters":{"sequence_id":8}}],"parameters":{"priority":"x","sequence_id":"text"}}""",
        "text"
    )]
    [InlineData("""{"inputs":[],"parameters":{"sequence_id":0}}""", null)]
    [InlineData("""{"inputs":[],"sequence_id":5}""", null)]
    [InlineData("no JSON", null)]
    public async Task Infer_ARefusedRequestOfASequence_EndsIt(string body, string? sequence)
    {
        _gateway.Gate.Handler = _ => new AdmissionOutcome(null, "it is full", TimeSpan.FromSeconds(1));
        using StringContent content = new(body);

        using HttpResponseMessage response = await _gateway.Http.PostAsync(
            "/v2/models/sequences/versions/2/infer",
            content,
            Token
        );

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(sequence is null ? [] : [("sequences", "2", sequence, "it is full")], _gateway.Dispatcher.Broken);
        await _gateway.StopAndCheckAsync();
    }

    [Fact]
    public async Task Infer_AMalformedRequestOfASequence_EndsIt()
    {
        using StringContent content = new(
            """{"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1000]}],"parameters":{"sequence_id":7}}"""
        );

        using HttpResponseMessage response = await _gateway.Http.PostAsync(
            "/v2/models/sequences/infer",
            content,
            Token
        );

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        (string model, string version, string id, string reason) = Assert.Single(_gateway.Dispatcher.Broken);
        Assert.Equal(("sequences", "", "7"), (model, version, id));
        Assert.Contains("element 0 is no INT8", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_Headers_TellTheGateWhoAsksAndByWhen()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/versions/3/infer")
        {
            Content = new StringContent("""{"inputs":[{"name":"x","shape":[1],"datatype":"INT32","data":[1]}]}"""),
        };
        request.Headers.Add("X-Tenant", "acme");
        request.Headers.Add("X-Request-Timeout-Ms", "250");

        Assert.Equal(HttpStatusCode.OK, (await _gateway.Http.SendAsync(request, Token)).StatusCode);

        Assert.Equal(
            new AdmissionRequest("echo", "3", "acme", 1, 0, TimeSpan.FromMilliseconds(250)),
            _gateway.Gate.Last
        );
        Assert.Equal(TimeSpan.FromMilliseconds(250), _gateway.Dispatcher.Last!.Timeout);
        await _gateway.StopAndCheckAsync();
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("0")]
    public async Task Infer_ATimeoutHeaderThatIsNone_IsRefused(string value)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/echo/infer")
        {
            Content = new StringContent("{}"),
        };
        request.Headers.Add("X-Request-Timeout-Ms", value);

        HttpResponseMessage response = await _gateway.Http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(
            "X-Request-Timeout-Ms",
            await response.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Infer_ARequestThatFails_LeavesTheGateAgain()
    {
        await _gateway.Http.PostAsync("/v2/models/echo/infer", new StringContent("{"), Token);
        await _gateway.Http.PostAsync(
            "/v2/models/throws/infer",
            new StringContent("""{"inputs":[{"name":"x","shape":[1],"datatype":"INT32","data":[1]}]}"""),
            Token
        );

        await _gateway.StopAndCheckAsync();
    }
}
