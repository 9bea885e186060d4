using OrleansInference.Cli.Bench;

namespace OrleansInference.Cli.Tests.Bench;

public sealed class ArrivalScheduleTests
{
    [Fact]
    public void Constant_IsEvenlySpaced() => Assert.Equal([0, 0.25, 0.5, 0.75], ArrivalSchedule.Constant(4, 1));

    [Fact]
    public void Poisson_SameSeed_IsTheSameAndHasTheRateAndSpreadOfOne()
    {
        double[] first = [.. ArrivalSchedule.Poisson(1000, 100, new Random(7))];

        Assert.Equal(first, ArrivalSchedule.Poisson(1000, 100, new Random(7)));
        Assert.NotEqual(first, ArrivalSchedule.Poisson(1000, 100, new Random(8)));
        Assert.Equal(first.Order(), first);
        Assert.InRange(first.Length, 99_000, 101_000);
        double[] gaps = [.. first.Zip(first.Skip(1), (a, b) => b - a)];
        double mean = gaps.Average();
        double deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.InRange(deviation / mean, 0.98, 1.02);
    }

    [Fact]
    public void Recorded_SpedUp_EndsInTime() =>
        Assert.Equal([0, 0.5, 1], ArrivalSchedule.Recorded([0, 1, 2, 6], speedup: 2, seconds: 3));
}
