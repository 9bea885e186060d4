using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>The twin foretells what the server does only as long as both decide alike.</summary>
public sealed class ServerAndTwinTests
{
    /// <summary>
    /// Seed, threads, ms a row, whether batches fill up, delay in ms, most rows, mean gap between requests in ms,
    /// objective in ms.
    /// </summary>
    public static TheoryData<int, int, int, bool, int, int, int, int> Traces()
    {
        TheoryData<int, int, int, bool, int, int, int, int> traces = [];
        for (int seed = 1; seed <= 5; seed++)
        {
            traces.Add(seed, 1, 3, false, 0, 8, 8, 60);
            traces.Add(seed, 1, 2, false, 0, 16, 4, 45);
            traces.Add(seed, 2, 3, false, 0, 8, 3, 40);
            traces.Add(seed, 3, 5, true, 7, 16, 5, 90);
            traces.Add(seed, 2, 1, true, 20, 32, 6, 70);
        }

        return traces;
    }

    [Theory]
    [MemberData(nameof(Traces))]
    public async Task Run_TheSameTrace_IsDecidedAlike(
        int seed,
        int threads,
        int rowMs,
        bool fills,
        int delayMs,
        int maxRows,
        int gapMs,
        int sloMs
    )
    {
        Trace trace = new(threads, rowMs, fills, delayMs, maxRows, gapMs, sloMs);
        IReadOnlyList<Arrival> arrivals = trace.Arrivals(seed);

        Journal server = await ServerRun.RunAsync(trace, arrivals);
        Journal twin = TwinRun.Run(trace, arrivals);

        Assert.InRange(server.Admitted.Count, 50, arrivals.Count);
        Assert.Equal(server.Lines, twin.Lines);
        Assert.Equal(server.Dropped, twin.Dropped);
    }

    [Fact]
    public async Task Run_AnOverload_IsRefusedInPartAndDroppedInPart()
    {
        Trace trace = new(1, MsPerRow: 2, FillToMax: false, DelayMs: 0, MaxRows: 16, MeanGapMs: 4, SloMs: 45);

        Journal server = await ServerRun.RunAsync(trace, trace.Arrivals(1));

        Assert.InRange(server.Admitted.Count, 50, 350);
        Assert.NotEmpty(server.Dropped);
    }
}
