using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class BatchCostEstimatorTests
{
    [Fact]
    public void Observe_ALine_IsFound()
    {
        BatchCostEstimator estimator = new();
        foreach (int rows in new[] { 1, 2, 4, 8, 16, 32 })
        {
            estimator.Observe(rows, 0.002 + (0.0005 * rows));
        }

        Assert.Equal(0.002, estimator.Current.BaseSeconds, 1e-9);
        Assert.Equal(0.0005, estimator.Current.SecondsPerRow, 1e-9);
    }

    [Fact]
    public void Observe_OneSize_CountsItPerRow()
    {
        BatchCostEstimator estimator = new();
        estimator.Observe(4, 0.008);

        Assert.Equal(0.008, estimator.Current.Seconds(4), 1e-9);
        Assert.True(estimator.Current.IsKnown);
    }

    [Fact]
    public void Observe_AShiftedCost_IsFollowed()
    {
        BatchCostEstimator estimator = new();
        for (int i = 0; i < 200; i++)
        {
            estimator.Observe(1 + (i % 8), 0.001 * (1 + (i % 8)));
        }
        for (int i = 0; i < 2000; i++)
        {
            estimator.Observe(1 + (i % 8), 0.003 * (1 + (i % 8)));
        }

        Assert.Equal(0.012, estimator.Current.Seconds(4), 1e-3);
    }

    [Fact]
    public void Observe_AnyMeasurements_NeverPredictsNegativeTime()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            BatchCostEstimator estimator = new();
            for (int i = 0; i < 20; i++)
            {
                estimator.Observe(random.Next(1, 100), random.NextDouble());
                Assert.True(
                    estimator.Current.BaseSeconds >= 0 && estimator.Current.SecondsPerRow >= 0,
                    estimator.Current.ToString()
                );
            }
        }
    }

    [Fact]
    public void Observe_ASizeThatIsSeenNoMore_MovesWithTheOneThatIs()
    {
        BatchCostEstimator estimator = new();
        for (int i = 0; i < 50; i++)
        {
            estimator.Observe(1, 0.002);
            estimator.Observe(8, 0.009);
        }

        // The node is ten times slower from here on, and only single rows come.
        for (int i = 0; i < 100; i++)
        {
            estimator.Observe(1, 0.020);
        }

        Assert.InRange(estimator.Current.Seconds(1), 0.018, 0.022);
        Assert.InRange(estimator.Current.Seconds(8), 0.060, 0.1);
    }

    [Fact]
    public void Undisturbed_HalfOfTheRunsArePreempted_IsWhatTheOthersTake()
    {
        BatchCostEstimator estimator = new();
        for (int i = 0; i < 2000; i++)
        {
            int rows = 1 << (i % 4);
            double preempted = i / 4 % 2 == 0 ? 0.005 : 0;
            estimator.Observe(rows, 0.0001 + (0.0002 * rows) + preempted);
        }

        Assert.InRange(estimator.Undisturbed.Seconds(1), 0.0003, 0.0004);
        Assert.InRange(estimator.Undisturbed.Seconds(8), 0.0017, 0.0019);
        Assert.InRange(estimator.Current.Seconds(1), 0.002, 0.004);
    }

    [Fact]
    public void Undisturbed_TheNodeHasBecomeSlower_FollowsInAThousandRuns()
    {
        BatchCostEstimator estimator = new();
        estimator.Observe(1, 0.001);
        for (int i = 0; i < 1000; i++)
        {
            estimator.Observe(1, 0.003);
        }

        Assert.InRange(estimator.Undisturbed.Seconds(1), 0.0028, 0.003);
    }
}
