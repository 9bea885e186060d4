using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Engine.Tests.Diagnostics;

public sealed class StatisticsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// The counts of a recorded run, exactly: from the answers alone follows how many batches there were.
    /// </summary>
    [Fact]
    public async Task Statistics_AfterARecordedRun_EqualItExactly()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 8\ndynamic_batching { }")
        );
        int[] rows = [.. Enumerable.Range(0, 400).Select(i => 1 + (i % 3))];

        InferenceAnswer[] answers = await Task.WhenAll(
            rows.Select(count => Task.Run(() => test.InferAsync(Rows(count)), Token))
        );
        InferenceStatistics statistics = test.Engine.Statistics(test.Replica("m"));

        double batches = answers
            .Select((answer, i) => (double)rows[i] / answer.EnsureSuccess().Timings.BatchRows)
            .Sum();
        Assert.Equal(rows.Sum(), statistics.InferenceCount);
        Assert.Equal(Math.Round(batches, 6), statistics.ExecutionCount);
        Assert.Equal(rows.Sum(), statistics.Batches.Sum(batch => batch.Rows * batch.ComputeInfer.Count));
        Assert.Equal(statistics.ExecutionCount, statistics.Batches.Sum(batch => batch.ComputeInfer.Count));
        Assert.All(
            [
                statistics.Success,
                statistics.Queue,
                statistics.ComputeInput,
                statistics.ComputeInfer,
                statistics.ComputeOutput,
            ],
            duration => Assert.Equal(400, duration.Count)
        );
        Assert.Equal(Nanoseconds(answers, timings => timings.Queue), statistics.Queue.Nanoseconds);
        Assert.Equal(Nanoseconds(answers, timings => timings.ComputeInfer), statistics.ComputeInfer.Nanoseconds);
        Assert.True(
            statistics.Success.Nanoseconds >= statistics.Queue.Nanoseconds + statistics.ComputeInfer.Nanoseconds
        );
        Assert.Equal((0, 0L), (statistics.Failures.Count, statistics.PendingRequests));
    }

    [Fact]
    public async Task Statistics_FailedRequests_AreCountedByReason()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 8")
        );
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();

        await test.InferAsync(TestEngine.Request("m", TestEngine.Floats("x", [1], 1, 1)));
        await test.InferAsync(Rows(1), cancelled.Token);
        await test.InferAsync(Rows(1));
        InferenceStatistics statistics = test.Engine.Statistics(test.Replica("m"));

        Assert.Equal(2, statistics.Fail.Count);
        Assert.Equal(
            new Dictionary<InferenceError, long>
            {
                [InferenceError.InvalidArgument] = 1,
                [InferenceError.Cancelled] = 1,
            },
            statistics.Failures
        );
        Assert.Equal((1, 1, 1), (statistics.Success.Count, statistics.InferenceCount, statistics.ExecutionCount));
        Assert.True(statistics.MemoryBytes > 0);
    }

    [Fact]
    public async Task Statistics_RequestLargerThanABatch_CountsEachRunOfIt()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            ("m", FixtureModels.Mlp(4, 8, 2), "max_batch_size: 4\ndynamic_batching { }")
        );

        (await test.InferAsync(Rows(10))).EnsureSuccess();
        InferenceStatistics statistics = test.Engine.Statistics(test.Replica("m"));

        Assert.Equal((1, 10, 3), (statistics.Success.Count, statistics.InferenceCount, statistics.ExecutionCount));
        Assert.Equal([(2, 1L), (4, 2L)], statistics.Batches.Select(batch => (batch.Rows, batch.ComputeInfer.Count)));
    }

    [Fact]
    public async Task Requests_AfterALoad_SayWhyTheyWaited()
    {
        await using TestEngine test = await TestEngine.StartAsync(
            (
                "m",
                FixtureModels.Mlp(4, 8, 2),
                "max_batch_size: 2\ndynamic_batching { max_queue_delay_microseconds: 2000000 }"
            )
        );

        await test.InferAsync(Rows(1) with { Id = "alone" });
        await test.InferAsync(TestEngine.Request("m") with { Id = "wrong" });

        RequestRecord alone = Assert.Single(test.Engine.Requests.Find("m", "alone", 10));
        Assert.Equal((InferenceError.None, 1, "1"), (alone.Outcome, alone.Rows, alone.ModelVersion));
        Assert.Contains(
            "for a fuller batch, as its configuration allows for up to 2000 ms",
            alone.Reason,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "missing",
            Assert.Single(test.Engine.Requests.Find("", "wrong", 10)).Reason,
            StringComparison.Ordinal
        );
        Assert.Equal("alone", test.Engine.Requests.Find("m", "", 1)[0].Id);
    }

    private static long Nanoseconds(InferenceAnswer[] answers, Func<InferenceTimings, TimeSpan> part) =>
        answers.Sum(answer => part(answer.Timings).Ticks) * 100;

    private static InferenceCall Rows(int rows) =>
        TestEngine.Request("m", TestEngine.Floats("x", new float[4 * rows], rows, 4));
}
