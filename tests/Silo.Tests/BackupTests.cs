using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests;

/// <summary><c>oinf backup</c> and <c>oinf restore</c>, from one cluster to another.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backup").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Restore_ANewCluster_IsAskedForTheSame()
    {
        string models = Path.Combine(_folder, "models");
        string first = Path.Combine(_folder, "first.json");
        string second = Path.Combine(_folder, "second.json");
        foreach (string model in new[] { "scale", "other" })
        {
            Directory.CreateDirectory(Path.Combine(models, model, "1"));
            await File.WriteAllBytesAsync(
                Path.Combine(models, model, "1", "model.onnx"),
                FixtureModels.Scale(3, 2f),
                Token
            );
        }

        await using (SiloCluster cluster = await SiloCluster.StartAsync(2, models, redis: null, "--mode", "explicit"))
        {
            HttpClient http = cluster.Silos[0].Http;
            (await http.PostAsync("/v2/repository/models/scale/load", null, Token)).EnsureSuccessStatusCode();
            (
                await http.PostAsJsonAsync(
                    "/v2/cluster/models/scale/pin",
                    new
                    {
                        nodes = new[] { "s1" },
                        max_replicas = 1,
                        load_balance = "round_robin",
                        task_partition = false,
                        mode = "shadow",
                    },
                    Token
                )
            ).EnsureSuccessStatusCode();
            (
                await http.PostAsJsonAsync(
                    "/v2/cluster/models/other/pin",
                    new { weights = new { s0 = 1, s1 = 2.5 } },
                    Token
                )
            ).EnsureSuccessStatusCode();
            (await http.PostAsync("/v2/cluster/nodes/s0/drain", null, Token)).EnsureSuccessStatusCode();
            (await http.PostAsJsonAsync("/v2/agent/mode", new { mode = "advise" }, Token)).EnsureSuccessStatusCode();
            Assert.Equal(0, (await OinfAsync(cluster, "backup", first)).Code);
        }

        await using SiloCluster restored = await SiloCluster.StartAsync(2, models, redis: null, "--mode", "explicit");
        Assert.Equal(0, (await OinfAsync(restored, "restore", first)).Code);
        Assert.Equal(0, (await OinfAsync(restored, "backup", second)).Code);

        Assert.Equal(await ContentAsync(first), await ContentAsync(second));
        JsonElement state = await restored.StateAsync();
        JsonElement plan = Assert.Single(state.GetProperty("models").EnumerateArray());
        Assert.Equal(
            "s1",
            Assert.Single(plan.GetProperty("replicas").EnumerateArray()).GetProperty("node").GetString()
        );
    }

    [Fact]
    public async Task Restore_WhatIsMissing_IsNamedAndTheRestGoesOn()
    {
        string models = Directory.CreateDirectory(Path.Combine(_folder, "models")).FullName;
        string file = Path.Combine(_folder, "backup.json");
        await File.WriteAllTextAsync(
            file,
            """{"orleans_inference_backup":1,"models":["gone"],"pins":{"m":{"nodes":["nowhere"]}},"drained_nodes":[],"agent_mode":"off"}""",
            Token
        );
        await using SiloCluster cluster = await SiloCluster.StartAsync(1, models, redis: null);

        (int code, string output) = await OinfAsync(cluster, "restore", file, "--json");

        Assert.Equal(1, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.Equal(
            ["agent mode off"],
            answer.RootElement.GetProperty("done").EnumerateArray().Select(done => done.GetString())
        );
        Assert.Collection(
            answer.RootElement.GetProperty("failed").EnumerateArray(),
            pin => Assert.Contains("pin m: the server answered 400", pin.GetString(), StringComparison.Ordinal),
            load => Assert.Contains("load gone: the server answered", load.GetString(), StringComparison.Ordinal)
        );
    }

    private static async Task<(int Code, string Output)> OinfAsync(SiloCluster cluster, params string[] arguments)
    {
        string oinf = typeof(BackupTests).Assembly.Location.Replace(
            "OrleansInference.Silo.Tests.dll",
            "oinf.dll",
            StringComparison.Ordinal
        );
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [oinf, .. arguments, "--url", cluster.Silos[0].Http.BaseAddress!.ToString()])
            {
                RedirectStandardOutput = true,
            }
        )!;
        string output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        TestContext.Current.TestOutputHelper!.WriteLine(output);
        return (process.ExitCode, output);
    }

    /// <summary>All of a backup but its time.</summary>
    private static async Task<string> ContentAsync(string file) =>
        string.Join(
            '\n',
            (await File.ReadAllLinesAsync(file, Token)).Where(line =>
                !line.Contains("taken_at", StringComparison.Ordinal)
            )
        );
}
