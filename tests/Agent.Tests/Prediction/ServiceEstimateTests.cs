using CsCheck;
using OrleansInference.Agent.Prediction;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Tests.Prediction;

public sealed class ServiceEstimateTests
{
    [Fact]
    public void Observe_RunsOfALinearLawWithInterference_LearnsIt() =>
        Gen.Select(Gen.Double[0.0005, 0.01], Gen.Double[0.0002, 0.01], Gen.Double[0, 0.5])
            .Sample(
                (fixedPart, perRow, interference) =>
                {
                    // The profile at load was off by a third.
                    ServiceEstimate estimate = new(new BatchCost(fixedPart * 1.3, perRow * 1.3));
                    for (int second = 0; second < 300; second++)
                    {
                        int rows = 1 + (second * 7 % 16);
                        double others = second * 13 % 31 / 10.0;
                        estimate.Observe(
                            20,
                            rows * 20,
                            20 * (fixedPart + (perRow * rows)) * (1 + (interference * others)),
                            others
                        );
                    }

                    ServiceModel learnt = estimate.Current;
                    foreach (int rows in new[] { 1, 8, 16 })
                    {
                        foreach (double others in new[] { 0.0, 2 })
                        {
                            double expected = (fixedPart + (perRow * rows)) * (1 + (interference * others));
                            Assert.InRange(learnt.Seconds(rows, others) / expected, 0.85, 1.15);
                        }
                    }

                    Assert.True(estimate.IsTrusted);
                },
                iter: 30
            );

    [Fact]
    public void Observe_RunsThatNothingExplains_AreNotTrusted()
    {
        ServiceEstimate estimate = new(new BatchCost(0, 0.01));
        for (int second = 0; second < 100; second++)
        {
            estimate.Observe(10, 10, second % 2 == 0 ? 0.02 : 0.4, 0);
        }

        Assert.True(estimate.MedianError > 0.25);
        Assert.False(estimate.IsTrusted);
    }

    [Fact]
    public void Observe_ANodeThatSlowsDown_IsFollowed()
    {
        ServiceEstimate estimate = new(new BatchCost(0.002, 0.001));
        for (int second = 0; second < 60; second++)
        {
            estimate.Observe(50, 200, 50 * 0.006, 0);
        }
        for (int second = 0; second < 60; second++)
        {
            estimate.Observe(50, 200, 50 * 0.012, 0);
        }

        Assert.InRange(estimate.Current.Seconds(4, 0), 0.0105, 0.0135);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(0.1)]
    public void Observe_ANodeThatIsAnotherAtAStroke_IsFollowedWithinSeconds(double factor)
    {
        ServiceEstimate estimate = new(new BatchCost(0.002, 0.001));
        for (int second = 0; second < 60; second++)
        {
            estimate.Observe(50, 200, 50 * 0.006, 0);
        }
        for (int second = 0; second < 8; second++)
        {
            estimate.Observe(5, 20, 5 * 0.006 * factor, 0);
        }

        Assert.InRange(estimate.Current.Seconds(4, 0) / (0.006 * factor), 0.8, 1.25);
    }

    [Fact]
    public void Observe_OneSlowSecondOrTwo_ChangeLittle()
    {
        ServiceEstimate estimate = new(new BatchCost(0.002, 0.001));
        for (int second = 0; second < 60; second++)
        {
            estimate.Observe(50, 200, 50 * 0.006 * (second % 20 > 17 ? 8 : 1), 0);
        }

        Assert.InRange(estimate.Current.Seconds(4, 0), 0.005, 0.008);
    }

    [Fact]
    public void IsTrusted_SecondsThatDifferButRightInTheMiddle_IsTrue()
    {
        ServiceEstimate estimate = new(new BatchCost(0, 0.01));
        Random random = new(1);
        for (int second = 0; second < 200; second++)
        {
            estimate.Observe(10, 10, 0.1 * Math.Exp(1.25 * (random.NextDouble() - 0.5)), 0);
        }

        Assert.InRange(estimate.MedianError, 0.25, 0.6);
        Assert.True(estimate.IsTrusted);
    }
}
