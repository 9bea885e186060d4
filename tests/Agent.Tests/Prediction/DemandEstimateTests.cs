using OrleansInference.Agent.Prediction;

namespace OrleansInference.Agent.Tests.Prediction;

public sealed class DemandEstimateTests
{
    [Fact]
    public void Mean_AfterARise_FollowsInSeconds()
    {
        DemandEstimate demand = new();
        for (int second = 0; second < 60; second++)
        {
            demand.Observe(TimeSpan.FromSeconds(second), 100, 1);
        }
        for (int second = 60; second < 75; second++)
        {
            demand.Observe(TimeSpan.FromSeconds(second), 300, 1);
        }

        Assert.InRange(demand.Mean(TimeSpan.FromSeconds(75)), 280, 300);
    }

    [Fact]
    public void Mean_AfterAFall_IsCautious()
    {
        DemandEstimate demand = new();
        for (int second = 0; second < 60; second++)
        {
            demand.Observe(TimeSpan.FromSeconds(second), 100, 1);
        }
        for (int second = 60; second < 70; second++)
        {
            demand.Observe(TimeSpan.FromSeconds(second), 0, 1);
        }

        Assert.InRange(demand.Now, 0, 20);
        Assert.InRange(demand.Mean(TimeSpan.FromSeconds(70)), 60, 100);
    }

    [Fact]
    public void P95_OfSecondsThatDiffer_IsNearTheHighest()
    {
        DemandEstimate demand = new();
        for (int second = 0; second < 60; second++)
        {
            demand.Observe(TimeSpan.FromSeconds(second), second % 10 == 0 ? 500 : 100, 1);
        }

        Assert.InRange(demand.P95, 499, 501);
    }

    [Fact]
    public void Mean_TheSameTimeOfAnotherDay_IsRemembered()
    {
        DemandEstimate demand = new();
        for (int second = 0; second < 120; second++)
        {
            demand.Observe(TimeSpan.FromHours(9) + TimeSpan.FromSeconds(second), 400, 1);
        }
        for (int second = 0; second < 600; second++)
        {
            demand.Observe(TimeSpan.FromHours(20) + TimeSpan.FromSeconds(second), 10, 1);
        }

        Assert.InRange(demand.Mean(TimeSpan.FromHours(33)), 390, 410);
    }
}
