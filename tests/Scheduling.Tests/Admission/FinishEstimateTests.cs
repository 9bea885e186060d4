using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Admission;

public sealed class FinishEstimateTests
{
    /// <summary>Batches of 8 in 10 ms, one at a time: 800 rows a second.</summary>
    private static readonly ServiceRate One = new(new BatchCost(0.002, 0.001), 8, 1);

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(8, 0, 0, 0.010)]
    [InlineData(16, 0.005, 0, 0.025)]
    [InlineData(8, 0, 0.5, 0.5)]
    [InlineData(80, 0, 0.05, 0.1)]
    public void Predict_RowsAhead_WaitForThemOrAsLongAsWasSeen(double ahead, double begin, double seen, double wait) =>
        Assert.Equal(wait, FinishEstimate.Predict(ahead, One.RowsPerSecond, 0.01, begin, seen).WaitSeconds, 1e-12);

    [Fact]
    public void Predict_NothingMeasured_WaitsOnlyAsSeen() =>
        Assert.Equal(0.2, FinishEstimate.Predict(1000, 0, 0, seenWaitSeconds: 0.2).WaitSeconds);

    [Theory]
    [InlineData(0.0579, false)]
    [InlineData(0.0581, true)]
    public void IsWithin_AWait_MustLeaveAFifthOfItself(double seconds, bool expected) =>
        Assert.Equal(expected, new FinishEstimate(0.040, 0.010).IsWithin(seconds));

    [Theory]
    [InlineData(0.1, 0.04)]
    [InlineData(0.01, 0.04)]
    public void LongestWait_WhatItAllows_IsJustInTime(double seconds, double own)
    {
        double longest = FinishEstimate.LongestWait(seconds, own);

        Assert.True(longest >= 0);
        Assert.False(new FinishEstimate(longest + 1e-9, own).IsWithin(seconds));
        if (longest > 0)
        {
            Assert.True(new FinishEstimate(longest - 1e-9, own).IsWithin(seconds));
        }
    }
}
