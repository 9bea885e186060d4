using System.Runtime.InteropServices;
using OrleansInference.Engine;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Tests.Inference;

public sealed class InferenceGrainTests : IAsyncLifetime
{
    private const int Width = 512;
    private ServedCluster _cluster = null!;

    private IInferenceGrain Grain => _cluster.Client.GetGrain<IInferenceGrain>(0);

    private InferenceEngine Engine => _cluster.Engine;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _cluster = await ServedCluster.StartAsync(
            1,
            ModelControlMode.All,
            new() { ["Node:FastLoop"] = "false", ["Agent:Mode"] = "Off" },
            (
                "mlp",
                FixtureModels.Mlp(Width, 1024, 4, seed: 1),
                "max_batch_size: 32\ndynamic_batching { }\ninstance_group { count: 1 }"
            )
        );

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task InferAsync_AThousandInFlightThroughOneGrain_BatchesReachTheCap()
    {
        // Held until all of them are in the queue: a worker that kept its turn would let one of them there.
        ModelReplica replica = await SettledAsync();
        BatchLimits limits = replica.Limits;
        replica.Limits = limits with { MaxRows = 10_000, MaxDelay = TimeSpan.FromHours(1) };
        Task<InferenceAnswer>[] calls = [.. Enumerable.Range(0, 1000).Select(i => Grain.InferAsync(Request(i), Token))];
        await QueuedAsync(replica, 1000);
        replica.Limits = limits;

        InferenceAnswer[] responses = await Task.WhenAll(calls);

        Assert.All(responses, response => Assert.Equal(InferenceError.None, response.Error));
        Assert.Equal(32, responses.Max(response => response.Timings.BatchRows));
        double mean = 1000 / responses.Sum(response => 1.0 / response.Timings.BatchRows);
        Assert.True(mean > 16, $"the mean batch had {mean:F1} rows");
    }

    [Fact]
    public async Task InferAsync_EarlierObjectives_AreServedFirst()
    {
        // Nothing runs until all of them wait; the late ones came first.
        ModelReplica replica = await SettledAsync();
        BatchLimits limits = replica.Limits;
        replica.Limits = limits with { MaxRows = 10_000, MaxDelay = TimeSpan.FromHours(1) };
        Task<InferenceAnswer>[] late =
        [
            .. Enumerable.Range(0, 64).Select(i => Grain.InferAsync(Request(i, slo: 100_000), Token)),
        ];
        await QueuedAsync(replica, 64);
        Task<InferenceAnswer>[] urgent =
        [
            .. Enumerable.Range(0, 32).Select(i => Grain.InferAsync(Request(i, slo: 1), Token)),
        ];
        await QueuedAsync(replica, 96);

        replica.Limits = limits;

        // Who came earlier and waited longer ran later.
        TimeSpan longest = Queues(await Task.WhenAll(urgent)).Max();
        TimeSpan shortest = Queues(await Task.WhenAll(late)).Min();
        Assert.True(longest < shortest, $"urgent ones waited up to {longest}, late ones from {shortest} on");
    }

    [Fact]
    public async Task InferAsync_BeyondTheBound_IsRefused()
    {
        ModelReplica replica = await SettledAsync();
        replica.Limits = replica.Limits with { MaxQueuedRequests = 10 };

        InferenceAnswer[] responses = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => Grain.InferAsync(Request(i), Token))
        );

        Assert.Contains(responses, response => response.Error == InferenceError.ResourceExhausted);
        Assert.Contains(responses, response => response.Error == InferenceError.None);
        Assert.All(
            responses,
            response =>
                Assert.True(
                    response.Error is InferenceError.None or InferenceError.ResourceExhausted,
                    response.ErrorMessage
                )
        );
    }

    [Fact]
    public async Task InferAsync_CancelledByTheCaller_LeavesTheQueueOfTheSilo()
    {
        ModelReplica replica = await SettledAsync();
        replica.Limits = replica.Limits with { MaxDelay = TimeSpan.FromHours(1) };
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<InferenceAnswer>[] calls =
        [
            .. Enumerable.Range(0, 8).Select(i => Grain.InferAsync(Request(i), source.Token)),
        ];
        await QueuedAsync(replica, 8);

        await source.CancelAsync();

        await QueuedAsync(replica, 0);
        foreach (Task<InferenceAnswer> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }
    }

    [Fact]
    public async Task GetModelMetadataAsync_KnownAndUnknown_AnswersOrSaysSo()
    {
        ModelMetadata metadata = await Grain.GetModelMetadataAsync("mlp", "");
        InferenceException unknown = await Assert.ThrowsAsync<InferenceException>(() =>
            Grain.GetModelMetadataAsync("nope", "")
        );

        Assert.Equal(("mlp", "CPUExecutionProvider"), (metadata.Name, metadata.ExecutionProvider));
        Assert.Equal([-1, Width], metadata.Inputs[0].Shape);
        Assert.Equal(InferenceError.NotFound, unknown.Error);
    }

    /// <summary>
    /// The replica, when the node has set its limits, which it does once, at its first look: what a test sets stays
    /// from then on.
    /// </summary>
    private async Task<ModelReplica> SettledAsync()
    {
        ModelReplica replica = (ModelReplica)Engine.Find("mlp", "", out _, out _)!;
        BatchLimits limits = replica.Limits;
        TimeSpan mark = TimeSpan.FromSeconds(7);
        replica.Limits = limits with { MaxDelay = mark };
        // Several looks long: where nobody replaces the mark, the first look came before it.
        for (int i = 0; i < 200 && replica.Limits.MaxDelay == mark; i++)
        {
            await Task.Delay(10, Token);
        }
        replica.Limits = limits;
        return replica;
    }

    private static async Task QueuedAsync(ModelReplica replica, int expected)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (replica.QueuedRequests != expected)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static IEnumerable<TimeSpan> Queues(InferenceAnswer[] responses) =>
        responses.Select(response => response.EnsureSuccess().Timings.Queue);

    private static InferenceCall Request(int seed, double slo = 0)
    {
        float[] values = new float[Width];
        values[seed % Width] = 1;
        return new InferenceCall
        {
            ModelName = "mlp",
            Inputs =
            [
                new Tensor("x", TensorDatatype.Fp32, [1, Width], MemoryMarshal.AsBytes(values.AsSpan()).ToArray()),
            ],
            SloP99Ms = slo,
        };
    }
}
