using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class RequestLogEndpointTests
{
    private const string Slow =
        """{"id":"slow","model_name":"echo","model_version":"3","arrival":"1970-01-01T00:00:00.0000000\u002B00:00","outcome":"success","rows":2,"load_us":0,"queue_us":1500,"compute_input_us":0,"compute_infer_us":500,"compute_output_us":0,"total_us":2000,"batch_size":8,"rows_ahead":16,"runs_under_way":1,"concurrency":1,"reason":"16 rows were ahead of it"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Find_ARequest_IsTold()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        string answer = await host.Http.GetStringAsync("/v2/requests?model=echo&id=slow&limit=5", Token);

        Assert.Equal($$"""{"requests":[{{Slow}}]}""", answer);
        Assert.Equal(("echo", "slow", 5), host.RequestLog.Last);
    }

    [Fact]
    public async Task Find_WithoutAQuery_AsksForTwentyOfAll()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        string answer = await host.Http.GetStringAsync("/v2/requests", Token);

        Assert.Equal(("", "", 20), host.RequestLog.Last);
        Assert.Contains("\"outcome\":\"deadline_exceeded\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("many")]
    public async Task Find_ALimitOutOfRange_Is400(string limit)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        using HttpResponseMessage response = await host.Http.GetAsync($"/v2/requests?limit={limit}", Token);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(
            $$"""{"error":"limit is '{{limit}}'; a number from 1 to 1000 is allowed"}""",
            await response.Content.ReadAsStringAsync(Token)
        );
    }
}
