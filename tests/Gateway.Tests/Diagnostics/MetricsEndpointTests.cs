using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Tests.Shared;

namespace OrleansInference.Gateway.Tests.Diagnostics;

public sealed class MetricsEndpointTests
{
    private const string Labels = "{model=\"echo\",version=\"3\"}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scrape_TheStatistics_AreTritonsMetrics()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.Statistics = StatisticsSample.Full;

        using HttpResponseMessage response = await host.Http.GetAsync("/metrics", Token);

        string[] lines = (await response.Content.ReadAsStringAsync(Token)).Split('\n');
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"nv_inference_request_success{Labels} 10", lines);
        Assert.Contains($"nv_inference_count{Labels} 12", lines);
        Assert.Contains($"nv_inference_exec_count{Labels} 5", lines);
        Assert.Contains($"nv_inference_request_duration_us{Labels} 1", lines);
        Assert.Contains($"nv_inference_queue_duration_us{Labels} 3", lines);
        Assert.Contains($"nv_inference_compute_input_duration_us{Labels} 4", lines);
        Assert.Contains($"nv_inference_compute_infer_duration_us{Labels} 5", lines);
        Assert.Contains($"nv_inference_compute_output_duration_us{Labels} 6", lines);
        Assert.Contains($"nv_inference_pending_request_count{Labels} 7", lines);
        Assert.Contains($"orleans_inference_model_memory_bytes{Labels} 4096", lines);
        Assert.Contains("orleans_inference_bytes_in_flight 0", lines);
    }

    [Fact]
    public async Task Scrape_WhatGarbageCollectionHolds_IsThere()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        GC.Collect();

        string text = await host.Http.GetStringAsync("/metrics", Token);

        Assert.Contains(
            text.Split('\n'),
            line =>
                line.StartsWith("orleans_inference_managed_memory_bytes ", StringComparison.Ordinal)
                && !line.EndsWith(" 0", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("REJECTED", 7)]
    [InlineData("CANCELED", 0)]
    [InlineData("BACKEND", 0)]
    [InlineData("OTHER", 1)]
    public async Task Scrape_Failures_AreSummedByTritonsReason(string reason, int expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.Statistics = StatisticsSample.Full;

        string text = await host.Http.GetStringAsync("/metrics", Token);

        Assert.Contains(
            $"nv_inference_request_failure{{model=\"echo\",reason=\"{reason}\",version=\"3\"}} {expected}",
            text.Split('\n')
        );
    }

    [Fact]
    public async Task Scrape_Again_FollowsTheStatisticsAlsoDownwards()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        host.Catalog.Statistics = StatisticsSample.Full;
        await host.Http.GetStringAsync("/metrics", Token);
        host.Catalog.Statistics = StatisticsSample.Full with { InferenceCount = 2 };

        string text = await host.Http.GetStringAsync("/metrics", Token);

        Assert.Contains($"nv_inference_count{Labels} 2", text.Split('\n'));
    }

    [Fact]
    public async Task Scrape_OnAPortOfItsOwn_IsServed()
    {
        int port = FreePorts.Take(1)[0];
        await using GatewayHost host = await GatewayHost.StartAsync(("MetricsPort", $"{port}"));

        string text = await host.Http.GetStringAsync($"http://127.0.0.1:{port}/metrics", Token);

        Assert.Contains("# TYPE nv_inference_count counter", text.Split('\n'));
    }
}
