using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Simulation.Tests.Workloads;

/// <summary>Streams of arrivals put together.</summary>
public sealed class ArrivalProcessesTests
{
    [Fact]
    public void InOrder_StreamsWithTheSameMoments_GoesByTimeThenModelThenStream()
    {
        Arrival[] first = [new(1, 1, 1), new(5, 1, 2), new(5, 1, 3)];
        Arrival[] second = [new(1, 0, 4), new(5, 0, 5), new(9, 0, 6)];
        Arrival[] third = [new(5, 1, 7)];

        Arrival[] all = [.. ArrivalProcesses.InOrder([first, second, third])];

        Assert.Equal([4, 1, 5, 2, 3, 7, 6], all.Select(arrival => arrival.Rows));
    }

    [Fact]
    public void InOrder_AnEndlessStream_IsTakenOnlyAsFarAsItIsRead()
    {
        IEnumerable<Arrival> endless = Enumerable.Range(0, int.MaxValue).Select(i => new Arrival(i, 0, 1));

        Assert.Equal(100, ArrivalProcesses.InOrder([endless, endless]).Take(100).Count());
    }
}
