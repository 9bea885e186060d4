using OrleansInference.Agent.Planning;

namespace OrleansInference.Agent.Tests.Planning;

public sealed class ErlangCTests
{
    /// <summary>
    /// One server waits as often as it is busy; the others by the formula, as tables of traffic theory have them.
    /// </summary>
    [Theory]
    [InlineData(1, 0.5, 0.5)]
    [InlineData(1, 0.9, 0.9)]
    [InlineData(2, 0.5, 1.0 / 3)]
    [InlineData(2, 0.75, 9.0 / 14)]
    [InlineData(3, 2.0 / 3, 4.0 / 9)]
    [InlineData(5, 0.8, 0.5541)]
    [InlineData(10, 0.8, 0.4092)]
    [InlineData(100, 0.9, 0.2170)]
    public void Waiting_KnownQueues_IsTheTablesValue(int servers, double load, double expected) =>
        Assert.Equal(expected, ErlangC.Waiting(servers, load), 0.0001);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    [InlineData(1, 1)]
    [InlineData(1.5, 1)]
    public void Waiting_NoLoadOrTooMuch_IsNeverOrAlways(double load, double expected) =>
        Assert.Equal(expected, ErlangC.Waiting(4, load));
}
