using System.Text;
using System.Text.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Jobs;

/// <summary>
/// A job on a real silo with nothing but memory for grain storage, which is killed in the middle of it.
/// </summary>
public sealed class KilledSiloTests : IDisposable
{
    private const int Rows = 50_000;
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly string _root = Directory.CreateTempSubdirectory("jobs").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(_models, recursive: true);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Job_ItsSiloIsKilledAndStartedAgain_EndsByItselfAsIfUndisturbed()
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, "identity", "1")).FullName;
        await File.WriteAllBytesAsync(
            Path.Combine(version, "model.onnx"),
            FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.Float, 2),
            Token
        );
        await File.WriteAllTextAsync(
            Path.Combine(_models, "identity", "config.pbtxt"),
            "max_batch_size: 64\ndynamic_batching { }",
            Token
        );
        await File.WriteAllLinesAsync(
            Path.Combine(_root, "in.csv"),
            ["x_0,x_1", .. Enumerable.Range(0, Rows).Select(i => $"{i},{i + 0.5f}")],
            Token
        );

        await using (SiloProcess killed = await StartAsync())
        {
            JsonElement job = await StartJobAsync(killed, "disturbed", parallel: 2);
            while (job.GetProperty("shards_done").GetInt32() < 5)
            {
                job = await NextAsync(killed, job);
            }
            Assert.NotEqual("completed", job.GetProperty("state").GetString());
        }

        Assert.False(File.Exists(Path.Combine(_root, "disturbed.csv")));
        await using SiloProcess silo = await StartAsync();
        await silo.LineAsync("Job disturbed has 50 shards");
        JsonElement recovered = await EndAsync(silo, await GetAsync(silo, "/v2/jobs/disturbed"));
        JsonElement undisturbed = await EndAsync(silo, await StartJobAsync(silo, "undisturbed", parallel: 8));

        Assert.InRange(recovered.GetProperty("shards_recovered").GetInt32(), 5, 49);
        Assert.Equal(
            (0, Rows),
            (undisturbed.GetProperty("shards_recovered").GetInt32(), undisturbed.GetProperty("rows_done").GetInt32())
        );
        byte[] expected = await File.ReadAllBytesAsync(Path.Combine(_root, "undisturbed.csv"), Token);
        Assert.Equal(Rows + 1, expected.Count(letter => letter == '\n'));
        Assert.Equal(expected, await File.ReadAllBytesAsync(Path.Combine(_root, "disturbed.csv"), Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root, "*.parts*"));
    }

    [Theory]
    [InlineData("../in.csv", "leads out of the folder for bulk jobs")]
    [InlineData("/etc/passwd", "leads out of the folder for bulk jobs")]
    [InlineData("link/passwd", "leads out of the folder for bulk jobs")]
    [InlineData(".jobs/a.json", "which the server keeps to itself")]
    public async Task Start_APathOutOfTheRoot_IsRefused(string input, string expected)
    {
        if (input.StartsWith("link", StringComparison.Ordinal))
        {
            Directory.CreateSymbolicLink(Path.Combine(_root, "link"), "/etc");
        }
        await using SiloProcess silo = await StartAsync();

        (int status, string answer) = await PostAsync(
            silo,
            $$"""{"model":"identity","input":"{{input}}","output":"out.csv"}"""
        );

        Assert.Equal(400, status);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> EndAsync(SiloProcess silo, JsonElement job)
    {
        while (job.GetProperty("state").GetString() is "preparing" or "running" or "merging")
        {
            job = await NextAsync(silo, job);
        }
        Assert.Equal("completed", job.GetProperty("state").GetString());
        return job;
    }

    private static Task<JsonElement> NextAsync(SiloProcess silo, JsonElement job) =>
        GetAsync(silo, $"/v2/jobs/{job.GetProperty("id").GetString()}?after={job.GetProperty("change").GetInt64()}");

    private static async Task<JsonElement> GetAsync(SiloProcess silo, string path)
    {
        using JsonDocument job = JsonDocument.Parse(await silo.Http.GetStringAsync(path, Token));
        return job.RootElement.Clone();
    }

    private static async Task<(int Status, string Answer)> PostAsync(SiloProcess silo, string body)
    {
        using StringContent content = new(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await silo.Http.PostAsync("/v2/jobs", content, Token);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    private static async Task<JsonElement> StartJobAsync(SiloProcess silo, string id, int parallel)
    {
        (int status, string answer) = await PostAsync(
            silo,
            $$"""{"id":"{{id}}","model":"identity","input":"in.csv","output":"{{id}}.csv","rows_per_shard":1000,"max_parallel_shards":{{parallel}}}"""
        );
        Assert.True(status == 200, answer);
        using JsonDocument job = JsonDocument.Parse(answer);
        return job.RootElement.Clone();
    }

    // A look at the shards every 100 ms: 45 shards, two at a time, leave the test seconds to kill the silo in.
    private Task<SiloProcess> StartAsync() =>
        SiloProcess.StartAsync(_models, "--jobs-root", _root, "--Jobs:PeriodMilliseconds=100");
}
