using OrleansInference.Grains.Recording;

namespace OrleansInference.Grains.Tests.Recording;

public sealed class EvenSampleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 100)]
    [InlineData(0.25, 2500)]
    [InlineData(1, 10_000)]
    public void Includes_ManyRequests_IsTheShareOfThem(double share, int expected)
    {
        int included = Enumerable.Range(1, 10_000).Count(number => EvenSample.Includes(number, share));

        Assert.InRange(included, expected - 2, expected + 2);
    }

    [Fact]
    public void Includes_AnyWindow_IsAboutTheShareOfIt()
    {
        for (int first = 1; first < 10_000; first += 100)
        {
            int included = Enumerable.Range(first, 100).Count(number => EvenSample.Includes(number, 0.1));

            Assert.InRange(included, 8, 12);
        }
    }
}
