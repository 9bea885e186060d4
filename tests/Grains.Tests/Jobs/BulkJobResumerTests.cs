using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class BulkJobResumerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobs").FullName;
    private readonly SharedStorage _storage = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ExecuteAsync_AJobThatNobodyAsksFor_GoesOnFromStorage()
    {
        string input = Path.Combine(_folder, "in.csv");
        string output = Path.Combine(_folder, "out.csv");
        await File.WriteAllLinesAsync(
            input,
            ["x_0,x_1", .. Enumerable.Range(0, 500).Select(i => $"{i},{i + 0.5f}")],
            Token
        );
        await using (ServedCluster first = await StartAsync())
        {
            ModelReplica replica = (ModelReplica)first.Service<InferenceEngine>(0).Find("identity", "", out _, out _)!;
            replica.Limits = replica.Limits with { MaxRows = 100_000, MaxDelay = TimeSpan.FromHours(1) };
            IBulkJobGrain job = first.Client.GetGrain<IBulkJobGrain>("job");
            await job.StartAsync(
                new BulkJobSpec
                {
                    Model = "identity",
                    Input = input,
                    Output = output,
                    RowsPerShard = 50,
                }
            );
            await JobTesting.UntilAsync(job, status => status.ShardsRunning > 0);
            await first.Cluster.KillSiloAsync(first.Cluster.Silos[0], Token);
        }

        Assert.False(File.Exists(output));
        TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using FileSystemWatcher watcher = new(_folder, "out.csv");
        watcher.Created += (_, _) => written.TrySetResult();
        watcher.Renamed += (_, _) => written.TrySetResult();
        watcher.EnableRaisingEvents = true;
        await using ServedCluster second = await StartAsync();
        await written.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal(
            (await File.ReadAllLinesAsync(input, Token)).Skip(1),
            (await File.ReadAllLinesAsync(output, Token)).Skip(1)
        );
        Assert.Equal(
            BulkJobState.Completed,
            (await JobTesting.UntilAsync(second.Client.GetGrain<IBulkJobGrain>("job"), JobTesting.HasEnded)).State
        );
    }

    // Without a root, so that there is nothing to go on from but storage.
    private Task<ServedCluster> StartAsync() =>
        ServedCluster.StartAsync(
            ModelControlMode.All,
            silos: 1,
            JobTesting.Settings(root: ""),
            _storage.AddTo,
            (
                "identity",
                FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.Float, 2),
                "max_batch_size: 32\ndynamic_batching { }\ninstance_group { count: 1 }"
            )
        );
}
