using OrleansInference.Agent.Prediction;

namespace OrleansInference.Agent.Tests.Prediction;

public sealed class LinearRegressionTests
{
    [Fact]
    public void Observe_NothingForgotten_WeighsPriorAndObservationsByTheirVariance()
    {
        LinearRegression fit = new([0], [1], forgetting: 1);

        fit.Observe([1], 1, noise: 1);
        Assert.Equal(1.0 / 2, fit.Theta[0], 12);
        fit.Observe([1], 1, noise: 1);
        Assert.Equal(2.0 / 3, fit.Theta[0], 12);
        fit.Observe([1], 1, noise: 2);
        Assert.Equal(5.0 / 7, fit.Theta[0], 12);
    }

    [Fact]
    public void Observe_HalfForgotten_FollowsWhatIsNew()
    {
        LinearRegression fit = new([0], [1], forgetting: 0.5);

        fit.Observe([1], 1, noise: 1);
        Assert.Equal(2.0 / 3, fit.Theta[0], 12);
        fit.Observe([1], 1, noise: 1);
        Assert.Equal(6.0 / 7, fit.Theta[0], 12);
    }

    [Fact]
    public void Observe_APlaneWithoutNoise_IsFound()
    {
        LinearRegression fit = new([0, 0], [100, 100], forgetting: 0.95);
        for (int i = 0; i < 200; i++)
        {
            double x = i % 7;
            fit.Observe([1, x], 3 + (2 * x), noise: 1e-6);
        }

        Assert.Equal(3, fit.Theta[0], 6);
        Assert.Equal(2, fit.Theta[1], 6);
        Assert.Equal(23, fit.Predict([1, 10]), 5);
    }

    [Fact]
    public void Observe_AFeatureThatIsNeverSeen_StaysUncertainWithinABound()
    {
        LinearRegression fit = new([0, 0], [1, 1], forgetting: 0.5);
        for (int i = 0; i < 100; i++)
        {
            fit.Observe([1, 0], 1, noise: 1);
        }

        // Its variance was bounded by 1,000: x·P·x ÷ (λ·noise + x·P·x) of the error is taken over.
        fit.Observe([0, 1], 1, noise: 1);
        Assert.Equal(1000 / 1000.5, fit.Theta[1], 9);
    }

    [Fact]
    public void Scale_AFactor_IsOnAllOfIt()
    {
        LinearRegression fit = new([1, 2], [1, 1], forgetting: 1);

        fit.Scale(1.5);

        Assert.Equal([1.5, 3], fit.Theta.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void Create_AForgettingOutOfRange_IsRefused(double forgetting) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearRegression([0], [1], forgetting));

    [Fact]
    public void Create_AVarianceTooFew_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearRegression([0, 0], [1], 1));
}
