using OrleansInference.Gateway.Diagnostics;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Diagnostics;

/// <summary>Triton's histograms and summaries, each behind its switch.</summary>
public sealed class LatencyMetricsTests
{
    private const string Histogram = "nv_inference_first_response_histogram_ms";
    private const string Labels = "model=\"echo\",version=\"3\"";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scrape_NoSwitch_HasSumsAlone()
    {
        string text = await ScrapeAsync();

        Assert.Contains("nv_inference_queue_duration_us", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Histogram, text, StringComparison.Ordinal);
        Assert.DoesNotContain("_summary_us", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_CounterLatenciesOff_HasNoSumsOfDurations()
    {
        string text = await ScrapeAsync(("Metrics:CounterLatencies", "false"));

        Assert.DoesNotContain("_duration_us", text, StringComparison.Ordinal);
        Assert.Contains("nv_inference_request_success", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_HistogramLatencies_CountsByTheModelsBuckets()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("Gateway:Metrics:HistogramLatencies", "true"));
        host.Catalog.ConfigJson = $$"""
            {
              "name": "echo",
              "model_metrics": {
                "metric_control": [
                  { "metric_identifier": { "family": "{{Histogram}}" }, "histogram_options": { "buckets": [10, 1] } }
                ]
              }
            }
            """;
        host.Catalog.Statistics = StatisticsSample.Full;
        await host.Http.GetStringAsync("/metrics", Token);
        LatencyMeter.Record("echo", "3", TimeSpan.FromMilliseconds(1), default);
        LatencyMeter.Record("echo", "3", TimeSpan.FromMilliseconds(4), default);
        LatencyMeter.Record("echo", "3", TimeSpan.FromMilliseconds(40), default);
        LatencyMeter.Record("gone", "1", TimeSpan.FromMilliseconds(40), default);

        string[] lines = (await host.Http.GetStringAsync("/metrics", Token)).Split('\n');

        Assert.Equal(
            [
                $"# HELP {Histogram} Duration from request to first response in milliseconds",
                $"# TYPE {Histogram} histogram",
                $"{Histogram}_count{{{Labels}}} 3",
                $"{Histogram}_sum{{{Labels}}} 45",
                $"{Histogram}_bucket{{{Labels},le=\"1\"}} 1",
                $"{Histogram}_bucket{{{Labels},le=\"10\"}} 2",
                $"{Histogram}_bucket{{{Labels},le=\"+Inf\"}} 3",
            ],
            lines.Where(line => line.Contains(Histogram, StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Scrape_SummaryLatencies_HasTheQuantilesThatWereAskedFor()
    {
        string text = await ScrapeAsync(
            ("Metrics:SummaryLatencies", "true"),
            ("Metrics:SummaryQuantiles", "0.25:0.01,0.75:0.01")
        );

        foreach (string part in new[] { "request", "queue", "compute_input", "compute_infer", "compute_output" })
        {
            string name = $"nv_inference_{part}_summary_us";
            Assert.Contains($"{name}{{{Labels},quantile=\"0.25\"}}", text, StringComparison.Ordinal);
            Assert.Contains($"{name}_count{{{Labels}}}", text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("quantile=\"0.5\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData("0.1:0.0.1")]
    [InlineData("1.5:0.1")]
    [InlineData("")]
    public async Task StartAsync_QuantilesThatAreNone_IsRefused(string quantiles)
    {
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() =>
            GatewayHost.StartAsync(("Gateway:Metrics:SummaryQuantiles", quantiles))
        );

        Assert.Contains("SummaryQuantiles", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Add_ManyThreads_LosesNothing()
    {
        LatencyBuckets buckets = new([1, 2]);

        Parallel.For(0, 1000, i => buckets.Add(i % 3));

        System.Text.StringBuilder text = new();
        buckets.Write(text, "f", "l=\"1\"");
        Assert.Contains("f_count{l=\"1\"} 1000", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("f_bucket{l=\"1\",le=\"1\"} 667", text.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> ScrapeAsync(params (string Name, string Value)[] settings)
    {
        await using GatewayHost host = await GatewayHost.StartAsync([
            .. settings.Select(setting => ("Gateway:" + setting.Name, setting.Value)),
        ]);
        host.Catalog.Statistics = StatisticsSample.Full;
        return await host.Http.GetStringAsync("/metrics", Token);
    }
}
