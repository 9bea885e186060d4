using CsCheck;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class BatchCostTests
{
    private static readonly BatchCost s_cost = new(0.002, 0.0005);

    [Fact]
    public void Seconds_OfRows_IsTheLine()
    {
        Assert.Equal(0.004, s_cost.Seconds(4), 1e-12);
        Assert.Equal(0.00325, s_cost.Seconds(2.5), 1e-12);
        Assert.Equal(s_cost.BaseSeconds, s_cost.Seconds(0));
    }

    [Fact]
    public void Seconds_OfSeveralRuns_IsTheirSum() =>
        Assert.Equal(s_cost.Seconds(4) + s_cost.Seconds(6), s_cost.Seconds(runs: 2, rows: 10), 1e-12);

    [Fact]
    public void SecondsEach_OfMoreRows_SharesTheBase()
    {
        Assert.Equal(s_cost.Seconds(8) / 8, s_cost.SecondsEach(8), 1e-12);
        Assert.True(s_cost.SecondsEach(8) < s_cost.SecondsEach(1));
    }

    [Fact]
    public void RowsWithin_SecondsOfSoManyRows_AreThoseRows()
    {
        Assert.Equal(6, s_cost.RowsWithin(s_cost.Seconds(6)), 1e-9);
        Assert.True(s_cost.RowsWithin(0.001) < 0);
        Assert.True(double.IsFinite(new BatchCost(0.001, 0).RowsWithin(0.1)));
    }

    [Fact]
    public void Times_AFactor_ScalesEverySize() =>
        Assert.Equal(3 * s_cost.Seconds(7), s_cost.Times(3).Seconds(7), 1e-12);

    [Fact]
    public void IsKnown_NothingMeasured_IsFalse()
    {
        Assert.False(default(BatchCost).IsKnown);
        Assert.True(new BatchCost(0, 1e-9).IsKnown);
        Assert.True(new BatchCost(1e-9, 0).IsKnown);
    }

    [Fact]
    public void Mean_OfSeveral_IsThatOfBothParts() =>
        Assert.Equal(new BatchCost(2, 3), BatchCost.Mean([new BatchCost(1, 5), new BatchCost(3, 1)]));

    [Fact]
    public void Fit_PointsOfALine_IsThatLine()
    {
        BatchCost fit = BatchCost.Fit([(1, s_cost.Seconds(1)), (3, s_cost.Seconds(3)), (40, s_cost.Seconds(40))]);

        Assert.Equal(s_cost.BaseSeconds, fit.BaseSeconds, 1e-9);
        Assert.Equal(s_cost.SecondsPerRow, fit.SecondsPerRow, 1e-9);
    }

    [Fact]
    public void Fit_PointsOfOneSize_CountsThemPerRow() =>
        Assert.Equal(new BatchCost(0, 0.002), BatchCost.Fit([(4, 0.008), (4, 0.008)]));

    [Fact]
    public void Fit_ALargeRunThatIsFar_CountsByItsShareNotItsSeconds()
    {
        // Both ends are off by a tenth: the small one, a hundredth of the large one's seconds, keeps its say.
        BatchCost fit = BatchCost.Fit([(1, 0.001 * 1.1), (10, 0.01), (100, 0.1 * 0.9)]);

        Assert.InRange(fit.Seconds(1), 0.001, 0.0012);
    }

    [Fact]
    public void Fit_NoPoint_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => BatchCost.Fit([]));

    [Fact]
    public void Fit_AnyPoints_HasNoNegativePart() =>
        Gen.Select(Gen.Double[1, 200], Gen.Double[1e-6, 1])
            .Array[1, 24]
            .Sample(points =>
            {
                BatchCost fit = BatchCost.Fit(points);

                Assert.True(fit.BaseSeconds >= 0 && fit.SecondsPerRow >= 0, $"{fit}");
                Assert.True(fit.IsKnown);
            });
}
