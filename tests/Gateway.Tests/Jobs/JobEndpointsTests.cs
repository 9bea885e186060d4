using System.Text;
using System.Text.Json;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Jobs;

namespace OrleansInference.Gateway.Tests.Jobs;

public sealed class JobEndpointsTests
{
    private const string Minimal = """{"model":"m","input":"in.csv","output":"out.csv"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_AFullBody_BecomesTheSpec()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string answer) = await PostAsync(
            host,
            "/v2/jobs",
            """
            {"id":"j","model":"m","version":"2","input":"in.csv","output":"out.npy","input_format":"csv","output_format":"npy",
             "columns":{"a":"x","b":"x"},"outputs":["y"],"rows_per_shard":10,"rows_per_request":20,"max_parallel_shards":30}
            """
        );

        BulkJobSpec spec = host.Jobs.Job!.Spec;
        Assert.Equal(200, status);
        Assert.Equal(
            """{"id":"j","state":"preparing","model":"m","version":"3","input":"in.csv","output":"out.npy","rows":0,"rows_done":0,"shards":0,"shards_done":0,"shards_running":0,"shards_recovered":0,"started":"0001-01-01T00:00:00.0000000\u002B00:00","change":1}""",
            answer
        );
        Assert.Equal(
            ("2", "csv", "npy", 10, 20, 30),
            (
                spec.Version,
                spec.InputFormat,
                spec.OutputFormat,
                spec.RowsPerShard,
                spec.RowsPerRequest,
                spec.MaxParallelShards
            )
        );
        Assert.Equal(["y"], spec.Outputs);
        Assert.Equal(new Dictionary<string, string> { ["a"] = "x", ["b"] = "x" }, spec.Columns);
    }

    [Fact]
    public async Task Start_AMinimalBody_LeavesTheDefaults()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        await PostAsync(host, "/v2/jobs", Minimal);

        Assert.Equal(
            ("made-up", 10_000, 64, 4),
            (
                host.Jobs.Job!.Id,
                host.Jobs.Job.Spec.RowsPerShard,
                host.Jobs.Job.Spec.RowsPerRequest,
                host.Jobs.Job.Spec.MaxParallelShards
            )
        );
    }

    [Theory]
    [InlineData("", "'model' is missing")]
    [InlineData("{\"model\":\"m\",\"input\":\"i\"}", "'output' is missing")]
    [InlineData("{\"modle\":\"m\"}", "a job has no 'modle'; allowed: id, model")]
    [InlineData("{\"model\":1}", "'model' must be a text")]
    [InlineData("{\"rows_per_shard\":0}", "'rows_per_shard' must be a whole number from 1")]
    [InlineData("{\"columns\":[]}", "'columns' must be an object")]
    [InlineData("{\"outputs\":\"y\"}", "'outputs' must be a list of texts")]
    public async Task Start_AWrongBody_Is400AndSaysSo(string body, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string answer) = await PostAsync(host, "/v2/jobs", body);

        Assert.Equal(400, status);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
        Assert.Null(host.Jobs.Job);
    }

    [Fact]
    public async Task Change_AJob_AnswersHowItStands()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        await PostAsync(host, "/v2/jobs", Minimal);

        Assert.Equal("paused", State(await PostAsync(host, "/v2/jobs/made-up/pause", "{}")));
        Assert.Equal("running", State(await PostAsync(host, "/v2/jobs/made-up/resume", "")));
        using JsonDocument waited = JsonDocument.Parse(
            await host.Http.GetStringAsync("/v2/jobs/made-up?after=6", Token)
        );
        Assert.Equal(
            (4, 7),
            (
                waited.RootElement.GetProperty("rows_done").GetInt32(),
                waited.RootElement.GetProperty("change").GetInt32()
            )
        );
        Assert.Equal("cancelled", State(await PostAsync(host, "/v2/jobs/made-up/cancel", "{}")));
        using JsonDocument all = JsonDocument.Parse(await host.Http.GetStringAsync("/v2/jobs", Token));
        Assert.Equal(
            "1970-01-01T00:00:00.0000000+00:00",
            all.RootElement.GetProperty("jobs")[0].GetProperty("ended").GetString()
        );
    }

    [Theory]
    [InlineData("/v2/jobs/absent", 404, "there is no job 'absent'")]
    [InlineData("/v2/jobs/absent?after=x", 400, "after is 'x'")]
    [InlineData("/v2/jobs/absent/pause", 405, "takes POST, not GET")]
    public async Task Get_WhatIsNot_HasItsStatus(string path, int expectedStatus, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        using HttpResponseMessage response = await host.Http.GetAsync(path, Token);

        Assert.Equal(expectedStatus, (int)response.StatusCode);
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private static string State((int Status, string Answer) response)
    {
        using JsonDocument json = JsonDocument.Parse(response.Answer);
        return json.RootElement.GetProperty("state").GetString()!;
    }

    private static async Task<(int Status, string Answer)> PostAsync(GatewayHost host, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync(path, content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
