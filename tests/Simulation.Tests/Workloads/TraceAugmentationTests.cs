using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Workloads;

/// <summary>Traces made of traces.</summary>
public sealed class TraceAugmentationTests
{
    private static readonly Workload Steady = ArrivalProcesses.Merge(
        100,
        [ArrivalProcesses.Of(0, ArrivalProcesses.Poisson(50, 100, new SimulationRandom(1, 1)))]
    );

    [Fact]
    public void Warp_KeepsAllRequestsAndMakesTheRateMove()
    {
        Workload warped = TraceAugmentation.Warp(Steady, 1, 20);

        Assert.Equal(Steady.Arrivals.Length, warped.Arrivals.Length);
        AssertOrdered(warped);
        int[] rates = [.. Enumerable.Range(0, 20).Select(i => Count(warped, i * 5, (i + 1) * 5))];
        Assert.True(rates.Max() > 2 * rates.Min(), string.Join(' ', rates));
        Assert.Equal(
            Steady.Arrivals.Select(arrival => arrival.At),
            TraceAugmentation.Warp(Steady, 0, 20).Arrivals.Select(arrival => arrival.At),
            (one, other) => Math.Abs(one - other) < 100
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public void Thin_KeepsAShare(double share)
    {
        Workload thin = TraceAugmentation.Thin(Steady, share, 1);

        Assert.Equal(share, thin.Arrivals.Length / (double)Steady.Arrivals.Length, 0.03);
        AssertOrdered(thin);
        Assert.Equal(thin.Arrivals, TraceAugmentation.Thin(Steady, share, 1).Arrivals);
    }

    [Fact]
    public void Superpose_HasBothAsLongAsTheShorter()
    {
        Workload other = ArrivalProcesses.Merge(
            50,
            [ArrivalProcesses.Of(1, ArrivalProcesses.Poisson(20, 50, new SimulationRandom(2, 1)))]
        );

        Workload both = TraceAugmentation.Superpose(Steady, other);

        Assert.Equal(50, both.Seconds);
        Assert.Equal(Count(Steady, 0, 50) + other.Arrivals.Length, both.Arrivals.Length);
        AssertOrdered(both);
    }

    [Fact]
    public void Burst_AddsWhereItSays()
    {
        Workload bursty = TraceAugmentation.Burst(Steady, 3.5, 2, 5, 7);

        int added = bursty.Arrivals.Length - Steady.Arrivals.Length;
        Assert.InRange(added, 2.5 * 2 * 5 * 50 * 0.8, 2.5 * 2 * 5 * 50 * 1.2);
        AssertOrdered(bursty);
        int[] rates = [.. Enumerable.Range(0, 100).Select(i => Count(bursty, i, i + 1))];
        Assert.True(rates.Max() > 120);
    }

    [Fact]
    public void Arguments_OutOfRange_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TraceAugmentation.Thin(Steady, 1.1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TraceAugmentation.Burst(Steady, 0.5, 1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => TraceAugmentation.Warp(Steady, -1, 1));
    }

    private static int Count(Workload workload, double from, double to) =>
        workload.Arrivals.Count(arrival =>
            arrival.At >= from * TimeSpan.TicksPerSecond && arrival.At < to * TimeSpan.TicksPerSecond
        );

    private static void AssertOrdered(Workload workload)
    {
        for (int i = 1; i < workload.Arrivals.Length; i++)
        {
            Assert.True(workload.Arrivals[i].At >= workload.Arrivals[i - 1].At);
        }
        Assert.All(
            workload.Arrivals,
            arrival => Assert.InRange(arrival.At, 0, (long)(workload.Seconds * TimeSpan.TicksPerSecond))
        );
    }
}
