using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class StatisticsEndpointsTests(SharedHost shared)
{
    private const string Full =
        """{"model_stats":[{"name":"echo","version":"3","last_inference":1700000000123,"inference_count":12,"execution_count":5,"inference_stats":{"success":{"count":10,"ns":1000},"fail":{"count":2,"ns":2000},"queue":{"count":10,"ns":3000},"compute_input":{"count":10,"ns":4000},"compute_infer":{"count":10,"ns":5000},"compute_output":{"count":10,"ns":6000},"cache_hit":{"count":0,"ns":0},"cache_miss":{"count":0,"ns":0}},"response_stats":{},"batch_stats":[{"batch_size":4,"compute_input":{"count":3,"ns":70},"compute_infer":{"count":3,"ns":80},"compute_output":{"count":3,"ns":90}}],"memory_usage":[{"type":"CPU","id":0,"byte_size":4096}]}]}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v2/models/stats")]
    [InlineData("/v2/models/echo/stats")]
    [InlineData("/v2/models/echo/versions/3/stats")]
    public async Task Statistics_OfOneOrAll_AreTheProtocols(string path)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.Statistics = StatisticsSample.Full;

        Assert.Equal(Full, await host.Http.GetStringAsync(path, Token));
    }

    [Theory]
    [InlineData("/v2/models/nope/stats", 404)]
    [InlineData("/v2/models/echo/versions/one/stats", 400)]
    [InlineData("/v2/models/throws/stats", 500)]
    public async Task Statistics_AnError_HasItsStatusAndBody(string path, int status)
    {
        using HttpResponseMessage response = await shared.Host.Http.GetAsync(path, Token);

        Assert.Equal(status, (int)response.StatusCode);
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.DoesNotContain("secret", json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }
}
