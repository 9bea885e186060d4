using System.Globalization;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class BulkJobGrainTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobs").FullName;
    private ServedCluster _cluster = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            silos: 1,
            JobTesting.Settings(_folder),
            new SharedStorage().AddTo,
            (
                "identity",
                FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.Float, 2),
                "max_batch_size: 32\ndynamic_batching { }\ninstance_group { count: 1 }"
            ),
            ("plain", FixtureModels.NoBatch(2), null)
        );

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("csv", "csv")]
    [InlineData("csv", "parquet")]
    [InlineData("parquet", "jsonl")]
    [InlineData("jsonl", "npy")]
    [InlineData("npy", "csv")]
    public async Task StartAsync_AnyFormats_WritesEveryRowOnceInOrder(string from, string to)
    {
        // Made into the format by a job of its own.
        string csv = Csv("rows", 1000);
        string input = csv;
        if (from != "csv")
        {
            input = Path.Combine(_folder, "rows." + from);
            Assert.Equal(
                BulkJobState.Completed,
                (
                    await RunAsync(
                        "convert",
                        new BulkJobSpec
                        {
                            Model = "identity",
                            Input = csv,
                            Output = input,
                        }
                    )
                ).State
            );
        }

        string output = Path.Combine(_folder, "out." + to);
        string back = Path.Combine(_folder, "back.csv");
        BulkJobStatus status = await RunAsync(
            "job",
            new BulkJobSpec
            {
                Model = "identity",
                Input = input,
                Output = output,
                RowsPerShard = 64,
                RowsPerRequest = 7,
            }
        );
        await RunAsync(
            "back",
            new BulkJobSpec
            {
                Model = "identity",
                Input = output,
                Output = back,
            }
        );

        Assert.Equal(
            (BulkJobState.Completed, "", 1000L, 1000L),
            (status.State, status.Error, status.Rows, status.RowsDone)
        );
        Assert.Equal(status.Shards, status.ShardsDone);
        Assert.Equal(
            await File.ReadAllLinesAsync(csv, Token),
            (await File.ReadAllLinesAsync(back, Token)).Select(line =>
                line.Replace("y_", "x_", StringComparison.Ordinal)
            )
        );
        Assert.False(Directory.Exists(output + ".parts"));
    }

    [Fact]
    public async Task StartAsync_AModelWithoutBatches_GetsRowByRow()
    {
        string output = Path.Combine(_folder, "out.jsonl");

        BulkJobStatus status = await RunAsync(
            "job",
            new BulkJobSpec
            {
                Model = "plain",
                Input = Csv("rows", 5),
                Output = output,
                RowsPerShard = 2,
            }
        );

        Assert.Equal((BulkJobState.Completed, 3), (status.State, status.Shards));
        Assert.Equal("{\"y\":[8,9]}", (await File.ReadAllLinesAsync(output, Token))[4]);
    }

    [Fact]
    public async Task StartAsync_AWrongRow_FailsNamingItAndKeepsTheOldOutput()
    {
        string input = Csv("rows", 100);
        string output = Path.Combine(_folder, "out.csv");
        await File.WriteAllTextAsync(output, "old", Token);
        await File.AppendAllTextAsync(input, "1,none\n", Token);

        BulkJobStatus status = await RunAsync(
            "job",
            new BulkJobSpec
            {
                Model = "identity",
                Input = input,
                Output = output,
                RowsPerShard = 10,
            }
        );

        Assert.Equal(BulkJobState.Failed, status.State);
        Assert.Contains("row 100 of", status.Error, StringComparison.Ordinal);
        Assert.Contains("column 'x_1' is 'none', which is no FP32", status.Error, StringComparison.Ordinal);
        Assert.Equal("old", await File.ReadAllTextAsync(output, Token));
    }

    [Theory]
    [InlineData("absent", "rows.csv", "out.csv", "", "absent")]
    [InlineData("identity", "absent.csv", "out.csv", "", "there is no file")]
    [InlineData("identity", "rows.csv", "out.xls", "", "set output_format to one of npy, csv, jsonl, parquet")]
    [InlineData("identity", "rows.csv", "absent/out.csv", "", "there is no folder")]
    [InlineData("identity", "rows.csv", "rows.csv", "", "input and output are both")]
    [InlineData("identity", "rows.csv", "out.csv", "z", "has no column 'z'; it has: x_0, x_1")]
    [InlineData("identity", "rows.csv", "out.csv", "x_0", "gives input 'x' 1 elements, it takes shape [2] for a row")]
    public async Task StartAsync_WhatCannotRun_IsRefusedAtOnce(
        string model,
        string input,
        string output,
        string column,
        string expected
    )
    {
        Csv("rows", 3);
        BulkJobSpec spec = new()
        {
            Model = model,
            Input = Path.Combine(_folder, input),
            Output = Path.Combine(_folder, output),
            Columns = column.Length == 0 ? [] : new() { [column] = "x" },
        };

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() => Job("job").StartAsync(spec));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Equal(
            InferenceError.NotFound,
            (await Assert.ThrowsAsync<InferenceException>(() => Job("job").GetStatusAsync())).Error
        );
        Assert.False(Directory.Exists(Path.Combine(_folder, "out.csv.parts")));
    }

    [Fact]
    public async Task PauseAsync_AndResumeAsync_EndAsAnUndisturbedRun()
    {
        (ModelReplica replica, BatchLimits limits) = Hold();
        BulkJobSpec spec = new()
        {
            Model = "identity",
            Input = Csv("rows", 500),
            Output = Path.Combine(_folder, "out.csv"),
            RowsPerShard = 50,
        };
        await Job("job").StartAsync(spec);
        await JobTesting.UntilAsync(Job("job"), status => status.ShardsRunning == spec.MaxParallelShards);

        BulkJobStatus paused = await Job("job").PauseAsync();
        replica.Limits = limits;

        Assert.Equal((BulkJobState.Paused, 0), (paused.State, paused.ShardsRunning));
        Assert.Equal(0, replica.QueuedRequests);
        Assert.Equal(BulkJobState.Paused, (await Job("job").PauseAsync()).State);
        await Job("job").ResumeAsync();
        Assert.Equal(BulkJobState.Completed, (await EndAsync("job")).State);
        Assert.Equal(
            (await File.ReadAllLinesAsync(spec.Input, Token)).Skip(1),
            (await File.ReadAllLinesAsync(spec.Output, Token)).Skip(1)
        );
        await Assert.ThrowsAsync<InferenceException>(() => Job("job").PauseAsync());
    }

    [Fact]
    public async Task CancelAsync_WhileItRuns_RemovesPartsAndQueuedRequests()
    {
        (ModelReplica replica, BatchLimits limits) = Hold();
        BulkJobSpec spec = new()
        {
            Model = "identity",
            Input = Csv("rows", 500),
            Output = Path.Combine(_folder, "out.csv"),
            RowsPerShard = 50,
        };
        await Job("job").StartAsync(spec);
        await JobTesting.UntilAsync(Job("job"), status => status.ShardsRunning == spec.MaxParallelShards);

        BulkJobStatus cancelled = await Job("job").CancelAsync();
        replica.Limits = limits;

        Assert.Equal(BulkJobState.Cancelled, cancelled.State);
        Assert.Equal(
            ["rows.csv"],
            Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName).Where(name => name != ".jobs")
        );
        Assert.Equal(0, replica.QueuedRequests);
        await Job("job").StartAsync(spec);
        Assert.Equal(BulkJobState.Completed, (await EndAsync("job")).State);
    }

    [Fact]
    public async Task StartAsync_WhileAnotherWritesTheOutput_IsRefused()
    {
        (ModelReplica replica, BatchLimits limits) = Hold();
        BulkJobSpec spec = new()
        {
            Model = "identity",
            Input = Csv("rows", 500),
            Output = Path.Combine(_folder, "out.csv"),
            RowsPerShard = 50,
        };
        await Job("first").StartAsync(spec);

        InferenceException other = await Assert.ThrowsAsync<InferenceException>(() => Job("second").StartAsync(spec));
        InferenceException same = await Assert.ThrowsAsync<InferenceException>(() =>
            Job("first").StartAsync(spec with { RowsPerShard = 10 })
        );
        BulkJobStatus again = await Job("first").StartAsync(spec);
        replica.Limits = limits;

        Assert.Contains("is being written by job 'first'", other.Message, StringComparison.Ordinal);
        Assert.Contains("is another one that has not ended", same.Message, StringComparison.Ordinal);
        Assert.NotEqual(BulkJobState.Failed, again.State);
        Assert.Equal(BulkJobState.Completed, (await EndAsync("first")).State);
    }

    [Fact]
    public async Task StartAsync_AfterItCompleted_RunsAgainOnlyForAnotherInput()
    {
        BulkJobSpec spec = new()
        {
            Model = "identity",
            Input = Csv("rows", 10),
            Output = Path.Combine(_folder, "out.csv"),
        };
        DateTimeOffset first = (await RunAsync("job", spec)).Started;

        BulkJobStatus same = await Job("job").StartAsync(spec);
        await File.AppendAllTextAsync(spec.Input, "1,2\n", Token);
        BulkJobStatus more = await RunAsync("job", spec);

        Assert.Equal((BulkJobState.Completed, first), (same.State, same.Started));
        Assert.Equal((BulkJobState.Completed, 11L), (more.State, more.RowsDone));
        Assert.Equal("1,2", (await File.ReadAllLinesAsync(spec.Output, Token))[^1]);
    }

    [Fact]
    public async Task StartAsync_PartsThatStorageForgot_AreUsed()
    {
        // The first job fails at its end and leaves its parts; another id knows nothing of it.
        string input = Csv("rows", 100);
        string output = Path.Combine(_folder, "out.csv");
        await File.AppendAllTextAsync(input, "1,none\n", Token);
        BulkJobSpec spec = new()
        {
            Model = "identity",
            Input = input,
            Output = output,
            RowsPerShard = 10,
            MaxParallelShards = 1,
        };
        await RunAsync("first", spec);

        BulkJobStatus status = await RunAsync("second", spec);

        Assert.Equal((BulkJobState.Failed, 10, 10), (status.State, status.ShardsRecovered, status.ShardsDone));
    }

    private static IEnumerable<string> Rows(int rows) =>
        Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i},{i + 0.5f}"));

    private string Csv(string name, int rows)
    {
        string path = Path.Combine(_folder, name + ".csv");
        File.WriteAllLines(path, ["x_0,x_1", .. Rows(rows)]);
        return path;
    }

    private IBulkJobGrain Job(string id) => _cluster.Client.GetGrain<IBulkJobGrain>(id);

    private async Task<BulkJobStatus> RunAsync(string id, BulkJobSpec spec)
    {
        await Job(id).StartAsync(spec);
        return await EndAsync(id);
    }

    private Task<BulkJobStatus> EndAsync(string id) => JobTesting.UntilAsync(Job(id), JobTesting.HasEnded);

    /// <summary>Keeps every request in the queue.</summary>
    private (ModelReplica Replica, BatchLimits Limits) Hold()
    {
        ModelReplica replica = (ModelReplica)_cluster.Engine.Find("identity", "", out _, out _)!;
        BatchLimits limits = replica.Limits;
        replica.Limits = limits with { MaxRows = 100_000, MaxDelay = TimeSpan.FromHours(1) };
        return (replica, limits);
    }
}
