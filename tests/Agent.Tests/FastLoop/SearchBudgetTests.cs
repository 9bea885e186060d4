using OrleansInference.Agent.FastLoop;

namespace OrleansInference.Agent.Tests.FastLoop;

public sealed class SearchBudgetTests
{
    private readonly SearchBudget _budget = new();

    [Fact]
    public void Allows_AFewModels_AreSearchedOneAfterTheOther()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.True(_budget.Allows(Seconds(4 * i), isAskedFor: false));
            _budget.Spend(Seconds((4 * i) + 4), Seconds(4), isDisturbed: false);
        }
    }

    [Fact]
    public void Allows_ManyModelsThatNobodyAsksFor_TakeAHundredthOfTheTime()
    {
        double searched = 0;
        for (double now = 0; now < 100_000; now++)
        {
            if (!_budget.Allows(Seconds(now), isAskedFor: false))
            {
                continue;
            }
            now += 4;
            searched += 4;
            _budget.Spend(Seconds(now), Seconds(4), isDisturbed: false);
        }

        Assert.InRange(searched, 900, 1100);
    }

    [Fact]
    public void Allows_AModelThatIsAskedFor_WaitsForNoBudget()
    {
        _budget.Spend(Seconds(0), Seconds(1000), isDisturbed: false);

        Assert.False(_budget.Allows(Seconds(1), isAskedFor: false));
        Assert.True(_budget.Allows(Seconds(1), isAskedFor: true));
    }

    [Fact]
    public void Spend_ADisturbedSearch_HoldsBackAllOthersForEverLonger()
    {
        _budget.Spend(Seconds(100), Seconds(0), isDisturbed: true);

        Assert.False(_budget.Allows(Seconds(119), isAskedFor: true));
        Assert.True(_budget.Allows(Seconds(120), isAskedFor: true));
        _budget.Spend(Seconds(120), Seconds(0), isDisturbed: true);
        Assert.False(_budget.Allows(Seconds(159), isAskedFor: true));
        Assert.True(_budget.Allows(Seconds(160), isAskedFor: true));
    }

    [Fact]
    public void Spend_AnUndisturbedSearch_ForgetsTheDisturbedOnes()
    {
        _budget.Spend(Seconds(0), Seconds(0), isDisturbed: true);
        _budget.Spend(Seconds(20), Seconds(0), isDisturbed: true);
        _budget.Spend(Seconds(60), Seconds(1), isDisturbed: false);
        _budget.Spend(Seconds(70), Seconds(0), isDisturbed: true);

        Assert.True(_budget.Allows(Seconds(90), isAskedFor: true));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
