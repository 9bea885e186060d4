using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Tests.Nodes;

public sealed class QuietLooksTests
{
    private readonly QuietLooks _looks = new();

    [Fact]
    public void MayPass_NothingNew_OnlyOnceAllMeansHaveSettled()
    {
        Assert.False(_looks.MayPass(isAsBefore: false));

        bool[] passed = [.. Enumerable.Range(0, 62).Select(_ => _looks.MayPass(isAsBefore: true))];

        Assert.Equal(60, Array.IndexOf(passed, true));
        Assert.True(passed[61]);
    }

    [Fact]
    public void MayPass_SomethingNew_BeginsAnew()
    {
        for (int i = 0; i < 100; i++)
        {
            _looks.MayPass(isAsBefore: true);
        }

        Assert.False(_looks.MayPass(isAsBefore: false));
        Assert.False(_looks.MayPass(isAsBefore: true));
    }
}
