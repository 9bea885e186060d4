using System.Text.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Jobs;

/// <summary>A job on three real silos with Redis, two of which are killed on the way.</summary>
public sealed class KilledClusterTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly string _root = Directory.CreateTempSubdirectory("jobs").FullName;

    public void Dispose()
    {
        Directory.Delete(_models, recursive: true);
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Job_TwoKillsOnTheWay_WritesEveryRowOnceAsIfUndisturbed()
    {
        RedisProcess.Require();
        int rows = Environment.GetEnvironmentVariable("ORLEANS_INFERENCE_FULL") is null ? 50_000 : 1_000_000;
        int shards = 100;
        int rowsPerShard = rows / shards;
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        await File.WriteAllBytesAsync(
            Path.Combine(version, "model.onnx"),
            FixtureModels.Scale(FloatRows.Width, 2f),
            TestContext.Current.CancellationToken
        );
        await FloatRows.WriteAsync(Path.Combine(_root, "in.npy"), rows);
        await using RedisProcess redis = await RedisProcess.StartNewAsync();
        await using SiloCluster cluster = await SiloCluster.StartAsync(
            3,
            _models,
            redis,
            "--jobs-root",
            _root,
            "--Jobs:PeriodMilliseconds=100"
        );

        await JobCalls.StartAsync(cluster.Silos[0], Spec("undisturbed", rowsPerShard));
        await JobCalls.EndAsync(() => cluster.Silos[0], "undisturbed");
        FloatRows.AssertDoubled(Path.Combine(_root, "undisturbed.npy"), rows);

        await JobCalls.StartAsync(cluster.Silos[0], Spec("disturbed", rowsPerShard));
        foreach ((int victim, int after) in new[] { (1, 20), (2, 60) })
        {
            await JobCalls.UntilAsync(
                () => cluster.Silos[0],
                "disturbed",
                job => job.GetProperty("shards_done").GetInt32() >= after
            );
            await cluster.Silos[victim].KillAsync();
            SiloProcess again = await cluster.Silos[victim].RestartAsync();
            cluster.Silos[victim] = again;
        }

        JsonElement done = await JobCalls.EndAsync(() => cluster.Silos[0], "disturbed");
        Assert.Equal(rows, done.GetProperty("rows_done").GetInt64());
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(_root, "undisturbed.npy"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(_root, "disturbed.npy"), TestContext.Current.CancellationToken)
        );
    }

    private static string Spec(string id, int rowsPerShard) =>
        $$"""{"id":"{{id}}","model":"scale","input":"in.npy","output":"{{id}}.npy","rows_per_shard":{{rowsPerShard}},"rows_per_request":64,"max_parallel_shards":3}""";
}
