using System.Text;
using System.Text.Json;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Diagnostics;

/// <summary>Trace settings over HTTP and gRPC, and the file that they fill.</summary>
public sealed class TraceTests : IDisposable
{
    private const string Defaults =
        """{"trace_file":"","trace_level":["OFF"],"trace_rate":"1000","trace_count":"-1","log_frequency":"0","trace_mode":"triton"}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string TraceFile => Path.Combine(_folder.FullName, "trace.json");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Settings_ByDefault_AreOff()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        Assert.Equal(Defaults, await host.Http.GetStringAsync("/v2/trace/setting", Token));
        Assert.Equal(Defaults, await host.Http.GetStringAsync("/v2/models/echo/trace/setting", Token));
    }

    [Fact]
    public async Task Settings_OfAModel_HoldBeforeThoseOfAllUntilCleared()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        await PostAsync(host, "/v2/trace/setting", """{"trace_level":["TIMESTAMPS"],"trace_rate":"5"}""");
        (int status, string model) = await PostAsync(
            host,
            "/v2/models/echo/trace/setting",
            """{"trace_rate":7,"trace_count":"3"}"""
        );

        Assert.Equal(
            (
                200,
                """{"trace_file":"","trace_level":["TIMESTAMPS"],"trace_rate":"7","trace_count":"3","log_frequency":"0","trace_mode":"triton"}"""
            ),
            (status, model)
        );
        Assert.Contains(
            "\"trace_rate\":\"5\"",
            await host.Http.GetStringAsync("/v2/trace/setting", Token),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"trace_rate\":\"5\"",
            (await PostAsync(host, "/v2/models/echo/trace/setting", """{"trace_rate":null}""")).Body,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"trace_rate\":\"1000\"",
            (await PostAsync(host, "/v2/trace/setting", """{"trace_rate":null}""")).Body,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""{"trace_file":"x"}""", "trace file location can not be updated")]
    [InlineData("""{"trace_mode":"opentelemetry"}""", "trace_mode can not be updated")]
    [InlineData(
        """{"mine":"x"}""",
        "unknown trace setting 'mine'; allowed: trace_level, trace_rate, trace_count, log_frequency"
    )]
    [InlineData(
        """{"trace_level":["OFF","TENSORS"]}""",
        "trace_level is OFF, TENSORS; allowed: OFF, or TIMESTAMPS and TENSORS"
    )]
    [InlineData("""{"trace_rate":"0"}""", "trace_rate is 0; a whole number of at least 1")]
    [InlineData("""{"trace_rate":[]}""", "a whole number of at least 1")]
    [InlineData("""{"trace_count":"-2"}""", "trace_count is -2; a whole number of at least -1")]
    [InlineData("""{"log_frequency":"often"}""", "log_frequency is often; a whole number of at least 0")]
    [InlineData("""{"trace_rate":1.5}""", "'trace_rate' must be a text, a whole number")]
    [InlineData("""{"trace_rate":"9","trace_count":"-2"}""", "trace_count is -2")]
    public async Task Settings_ABadChange_Is400AndChangesNothing(string change, string expected)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        (int status, string body) = await PostAsync(host, "/v2/trace/setting", change);

        Assert.Equal(400, status);
        Assert.Contains(expected, body, StringComparison.Ordinal);
        Assert.Equal(Defaults, await host.Http.GetStringAsync("/v2/trace/setting", Token));
    }

    [Fact]
    public async Task Settings_OfAModelThatIsNotThere_Are404()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        Assert.Equal(404, (await PostAsync(host, "/v2/models/nope/trace/setting", "{}")).Status);
    }

    [Fact]
    public async Task Settings_OverGrpc_AreTheSame()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        TraceSettingRequest request = new() { ModelName = "echo" };
        request.Settings["trace_level"] = new() { Value = { "TIMESTAMPS" } };
        request.Settings["trace_rate"] = new() { Value = { "2" } };

        TraceSettingResponse changed = await host.Grpc.TraceSettingAsync(request, cancellationToken: Token);
        request.Settings["trace_rate"] = new();
        TraceSettingResponse cleared = await host.Grpc.TraceSettingAsync(request, cancellationToken: Token);
        request.Settings["trace_rate"] = new() { Value = { "0" } };
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.TraceSettingAsync(request, cancellationToken: Token)
        );

        Assert.Equal(
            ("TIMESTAMPS", "2"),
            (changed.Settings["trace_level"].Value.Single(), changed.Settings["trace_rate"].Value.Single())
        );
        Assert.Equal("1000", cleared.Settings["trace_rate"].Value.Single());
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task TraceFile_EveryThirdRequest_IsWrittenWithItsTimes()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("TraceFile", TraceFile));
        InferenceTimings timings = new()
        {
            Queue = TimeSpan.FromMicroseconds(40),
            ComputeInput = TimeSpan.FromMicroseconds(3),
            ComputeInfer = TimeSpan.FromMicroseconds(20),
            ComputeOutput = TimeSpan.FromMicroseconds(1),
        };
        host.Dispatcher.Handler = (request, _) =>
            new ValueTask<InferenceAnswer>(host.Dispatcher.Echo(request) with { Timings = timings });
        await PostAsync(host, "/v2/trace/setting", """{"trace_level":["TIMESTAMPS"],"trace_rate":"3"}""");

        for (int i = 0; i < 7; i++)
        {
            await PostAsync(host, "/v2/models/echo/infer", $$"""{"id":"{{i}}",""" + InferBody.Good[1..]);
        }

        using JsonDocument json = JsonDocument.Parse(await ReadAsync());
        JsonElement[] entries = [.. json.RootElement.EnumerateArray()];
        Assert.Equal(
            ["0", "3", "6"],
            entries
                .Where(entry => entry.TryGetProperty("request_id", out _))
                .Select(entry => entry.GetProperty("request_id").GetString())
        );
        Assert.Equal([1, 1, 2, 2, 3, 3], entries.Select(entry => entry.GetProperty("id").GetInt32()));
        Dictionary<string, long> steps = entries[1]
            .GetProperty("timestamps")
            .EnumerateArray()
            .ToDictionary(step => step.GetProperty("name").GetString()!, step => step.GetProperty("ns").GetInt64());
        Assert.Equal(40_000, steps["COMPUTE_START"] - steps["QUEUE_START"]);
        Assert.Equal(3_000, steps["COMPUTE_INPUT_END"] - steps["COMPUTE_START"]);
        Assert.Equal(20_000, steps["COMPUTE_OUTPUT_START"] - steps["COMPUTE_INPUT_END"]);
        Assert.Equal(1_000, steps["COMPUTE_END"] - steps["COMPUTE_OUTPUT_START"]);
    }

    [Fact]
    public async Task TraceFile_ACount_EndsTheTraceOverHttpAndGrpc()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("TraceFile", TraceFile));
        await PostAsync(
            host,
            "/v2/models/echo/trace/setting",
            """{"trace_level":["TIMESTAMPS"],"trace_rate":"1","trace_count":"2"}"""
        );
        ModelInferRequest request = new()
        {
            ModelName = "echo",
            Id = "grpc",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "UINT8",
                    Shape = { 0 },
                },
            },
        };

        await host.Grpc.ModelInferAsync(request, cancellationToken: Token);
        for (int i = 0; i < 3; i++)
        {
            await PostAsync(host, "/v2/models/echo/infer", InferBody.Good);
        }

        using JsonDocument json = JsonDocument.Parse(await ReadAsync());
        Assert.Equal(4, json.RootElement.GetArrayLength());
        Assert.Equal("grpc", json.RootElement[0].GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task TraceFile_ThatCannotBeWritten_FailsNoRequest()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            ("TraceFile", Path.Combine(_folder.FullName, "none", "trace.json"))
        );
        await PostAsync(host, "/v2/trace/setting", """{"trace_level":["TIMESTAMPS"],"trace_rate":"1"}""");

        Assert.Equal(200, (await PostAsync(host, "/v2/models/echo/infer", InferBody.Good)).Status);
    }

    private async Task<string> ReadAsync()
    {
        await using FileStream file = new(TraceFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file, Encoding.UTF8);
        return await reader.ReadToEndAsync(Token);
    }

    private static async Task<(int Status, string Body)> PostAsync(GatewayHost host, string path, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Http.PostAsync(path, content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
