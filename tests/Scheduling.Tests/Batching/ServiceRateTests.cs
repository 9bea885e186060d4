using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class ServiceRateTests
{
    private static readonly BatchCost Cost = new(0.002, 0.001);

    [Theory]
    [InlineData(1, 800)]
    [InlineData(3, 2400)]
    public void RowsPerSecond_FullBatches_RunSideBySide(int concurrency, double expected) =>
        Assert.Equal(expected, new ServiceRate(Cost, 8, concurrency).RowsPerSecond, 1e-6);

    [Fact]
    public void RowsPerSecond_AWaitForAThread_SlowsEveryBatch() =>
        Assert.Equal(400, (new ServiceRate(Cost, 8, 1) with { TurnWaitSeconds = 0.010 }).RowsPerSecond, 1e-6);

    [Fact]
    public void RowsPerSecond_NothingMeasured_IsZero() => Assert.Equal(0, new ServiceRate(default, 8, 1).RowsPerSecond);

    [Theory]
    [InlineData(1, 1, 0.003)]
    [InlineData(8, 1, 0.010)]
    [InlineData(32, 1, 0.040)]
    [InlineData(32, 2, 0.020)]
    [InlineData(12, 4, 0.010)]
    public void OwnSeconds_MoreThanABatch_RunsInSeveralSideBySide(int rows, int concurrency, double expected) =>
        Assert.Equal(expected, new ServiceRate(Cost, 8, concurrency).OwnSeconds(rows), 1e-9);

    [Fact]
    public void From_Limits_TakesTheBatchThatIsWorthRunning()
    {
        ServiceRate rate = ServiceRate.From(
            new BatchLimits
            {
                MaxRows = 64,
                RowLimit = 5,
                Concurrency = 2,
            },
            Cost
        );

        Assert.Equal((Cost, 5, 2), (rate.Cost, rate.RowsPerBatch, rate.Concurrency));
    }
}
