using OrleansInference.Scheduling.Batching;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Scheduling.Tests.Batching;

public sealed class BatchPolicyTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(10);
    private static readonly BatchLimits Filled = new() { MaxRows = 8, FillToMax = true };

    [Fact]
    public void Decide_EmptyQueue_WaitsForAnArrival() =>
        Assert.Equal(new BatchDecision(0, TimeSpan.MaxValue), BatchPolicy.Decide(View(0), Now, Filled, default));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8, 8)]
    [InlineData(50, 8)]
    public void Decide_WithoutDelay_TakesWhatIsThere(long rows, int size) =>
        Assert.Equal(new BatchDecision(size, TimeSpan.Zero), BatchPolicy.Decide(View(rows), Now, Filled, default));

    [Fact]
    public void Decide_WithDelay_WaitsForTheRestOfIt()
    {
        BatchLimits limits = Filled with { MaxDelay = TimeSpan.FromMilliseconds(5) };
        QueueView view = new(3, Now - TimeSpan.FromMilliseconds(2), TimeSpan.MaxValue);

        Assert.Equal(
            new BatchDecision(0, TimeSpan.FromMilliseconds(3)),
            BatchPolicy.Decide(view, Now, limits, default)
        );
        Assert.Equal(3, BatchPolicy.Decide(view, Now + TimeSpan.FromMilliseconds(3), limits, default).Size);
        Assert.Equal(8, BatchPolicy.Decide(view with { Rows = 9 }, Now, limits, default).Size);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    public void Decide_EnoughRows_DoNotWaitForMore(long rows, int size)
    {
        BatchLimits limits = Filled with { EnoughRows = 4, MaxDelay = TimeSpan.FromMilliseconds(5) };

        Assert.Equal(size, BatchPolicy.Decide(View(rows), Now, limits, default).Size);
        Assert.Equal(rows, BatchPolicy.Decide(View(rows), Now + limits.MaxDelay, limits, default).Size);
    }

    [Fact]
    public void Decide_WithDelayAndDeadline_NeverWaitsPastTheLastMoment()
    {
        BatchLimits limits = Filled with { MaxDelay = TimeSpan.FromMilliseconds(50) };
        BatchCost cost = new(0.001, 0.001);
        QueueView view = new(3, Now, Now + TimeSpan.FromMilliseconds(11));

        Assert.Equal(new BatchDecision(0, TimeSpan.FromMilliseconds(2)), BatchPolicy.Decide(view, Now, limits, cost));
        Assert.Equal(
            3,
            BatchPolicy.Decide(view with { HeadDeadline = Now + TimeSpan.FromMilliseconds(9) }, Now, limits, cost).Size
        );
    }

    [Theory]
    [InlineData("3", 0)]
    [InlineData("4", 4)]
    [InlineData("1 1 2 1", 4)]
    [InlineData("1 2 2", 0)]
    [InlineData("1 2 2 1", 6)]
    [InlineData("3 4", 3)]
    [InlineData("7", 7)]
    [InlineData("9", 8)]
    [InlineData("4 1 1 1 1", 6)]
    public void Decide_PreferredSizes_RunAtOnceAsWholeRequests(string requests, int size)
    {
        BatchLimits limits = Filled with { PreferredRows = [4, 6], MaxDelay = TimeSpan.FromMilliseconds(5) };

        Assert.Equal(size, Decide(requests, limits, Now).Size);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("3 4 1", 8)]
    [InlineData("4 1", 5)]
    [InlineData("5 4", 5)]
    public void Decide_PreferredSizesAfterTheDelay_RunWhatFits(string requests, int size)
    {
        BatchLimits limits = Filled with { PreferredRows = [4, 6], MaxDelay = TimeSpan.FromMilliseconds(5) };

        Assert.Equal(size, Decide(requests, limits, Now + limits.MaxDelay).Size);
    }

    [Theory]
    [InlineData("3", 3)]
    [InlineData("4 1", 4)]
    [InlineData("1 2 2", 5)]
    [InlineData("1 1 1 1 1 1 1", 6)]
    public void Decide_PreferredSizesWithoutDelay_AreTakenWhereTheyAreThere(string requests, int size) =>
        Assert.Equal(size, Decide(requests, Filled with { PreferredRows = [4, 6] }, Now).Size);

    [Theory]
    [InlineData(0.0, 0.010, 1)]
    [InlineData(0.000010, 0.000040, 49)]
    [InlineData(0.005, 0.0001, 64)]
    public void Cap_ByMeasuredCost_BatchesOnlyWhatGains(double baseSeconds, double perRow, int cap) =>
        Assert.Equal(cap, BatchPolicy.Cap(new BatchLimits { MaxRows = 64 }, new BatchCost(baseSeconds, perRow)));

    [Theory]
    [InlineData(0.0, 0.000010, true)]
    [InlineData(0.0, 0.000040, true)]
    [InlineData(0.0, 0.010, false)]
    [InlineData(0.005, 0.0001, false)]
    [InlineData(0.0, 0.0, false)]
    public void IsShort_ByTheLargestRunWorthIt_IsSoOnlyWhenMeasured(double baseSeconds, double perRow, bool isShort) =>
        Assert.Equal(
            isShort,
            BatchPolicy.IsShort(new BatchLimits { MaxRows = 64 }, new BatchCost(baseSeconds, perRow))
        );

    [Theory]
    [InlineData(0.000020, 0.000030, 0, true)]
    [InlineData(0.000050, 0.000030, 0, true)]
    [InlineData(0.000051, 0.000030, 0, false)]
    [InlineData(0.000020, 0.000030, 5, false)]
    [InlineData(0.0, 0.010, 0, false)]
    [InlineData(0.0, 0.0, 0, false)]
    public void IsBestAtOnce_CompanyOrHandover_TakesWhatCostsLess(
        double baseSeconds,
        double perRow,
        int delayMs,
        bool isBest
    )
    {
        BatchLimits limits = new() { MaxRows = 64, MaxDelay = TimeSpan.FromMilliseconds(delayMs) };

        Assert.Equal(isBest, BatchPolicy.IsBestAtOnce(limits, new BatchCost(baseSeconds, perRow)));
    }

    private static BatchDecision Decide(string requests, BatchLimits limits, TimeSpan now)
    {
        PreferredFill fill = new(limits, BatchPolicy.Cap(limits, default));
        int[] rows = [.. requests.Split(' ').Select(int.Parse)];
        for (int i = 0; i < rows.Length && fill.TryAdd(rows[i], Now); i++) { }
        return BatchPolicy.Decide(View(rows.Sum()), fill, now, limits, default);
    }

    private static QueueView View(long rows) => new(rows, Now, TimeSpan.MaxValue);
}
