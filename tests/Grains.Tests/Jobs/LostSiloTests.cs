using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Jobs;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Tests.Jobs;

public sealed class LostSiloTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("jobs").FullName;
    private ServedCluster _cluster = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await ServedCluster.StartAsync(
            ModelControlMode.All,
            silos: 2,
            JobTesting.Settings(_folder),
            new SharedStorage().AddTo,
            (
                "identity",
                FixtureModels.Identity(Onnx.Messages.TensorProto.Types.DataType.Float, 2),
                "max_batch_size: 32\ndynamic_batching { }\ninstance_group { count: 1 }"
            )
        );
        // The second silo has fetched the model.
        await _cluster.UntilAsync(state =>
            state.Routing.Models is [{ Replicas.Length: 2 }]
            && _cluster.Silos.All(silo =>
                silo.GetRequiredService<InferenceEngine>().ReadyVersions("identity").Length == 1
            )
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task StartAsync_ASiloIsKilled_EndsOnTheOtherWithEveryRowOnce(int killed)
    {
        string input = Path.Combine(_folder, "in.csv");
        string output = Path.Combine(_folder, "out.csv");
        await File.WriteAllLinesAsync(
            input,
            ["x_0,x_1", .. Enumerable.Range(0, 2000).Select(i => $"{i},{i + 0.5f}")],
            TestContext.Current.CancellationToken
        );
        Action[] release = [.. Enumerable.Range(0, 2).Select(Hold)];
        IBulkJobGrain job = _cluster.Client.GetGrain<IBulkJobGrain>("job");
        await job.StartAsync(
            new BulkJobSpec
            {
                Model = "identity",
                Input = input,
                Output = output,
                RowsPerShard = 100,
                MaxParallelShards = 8,
            }
        );
        await JobTesting.UntilAsync(job, status => status.ShardsRunning == 8);

        await _cluster.Cluster.KillSiloAsync(_cluster.Cluster.Silos[killed], TestContext.Current.CancellationToken);
        foreach (Action each in release)
        {
            each();
        }
        BulkJobStatus status = await JobTesting.UntilAsync(job, JobTesting.HasEnded);

        Assert.Equal((BulkJobState.Completed, "", 2000L), (status.State, status.Error, status.RowsDone));
        Assert.Equal(
            (await File.ReadAllLinesAsync(input, TestContext.Current.CancellationToken)).Skip(1),
            (await File.ReadAllLinesAsync(output, TestContext.Current.CancellationToken)).Skip(1)
        );
        Assert.False(Directory.Exists(output + ".parts"));
    }

    /// <summary>Keeps every request of a silo in its queue; returns what lets them go.</summary>
    private Action Hold(int silo)
    {
        ModelReplica replica = (ModelReplica)
            _cluster.Service<InferenceEngine>(silo).Find("identity", "", out _, out _)!;
        BatchLimits limits = replica.Limits;
        replica.Limits = limits with { MaxRows = 100_000, MaxDelay = TimeSpan.FromHours(1) };
        return () => replica.Limits = limits;
    }
}
