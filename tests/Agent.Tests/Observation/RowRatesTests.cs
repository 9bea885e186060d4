using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Tests.Observation;

public sealed class RowRatesTests
{
    private readonly RowRates _rates = new();

    [Fact]
    public void Observe_ASteadyRate_IsApproachedByATenthASecond()
    {
        _rates.Observe(Window(1, 100));
        Assert.Equal(10, _rates.Means["m"], 9);

        _rates.Observe(Window(1, 100));

        Assert.Equal(19, _rates.Means["m"], 9);
    }

    [Fact]
    public void Observe_AWindowOfTenSecondsOrMore_IsTheRate()
    {
        _rates.Observe(Window(20, 100));

        Assert.Equal(5, _rates.Means["m"], 9);
    }

    [Fact]
    public void Observe_NothingWhole_TellsNothing()
    {
        _rates.Observe(Window(0, 100));
        ReplicaWindow began = new(Report, IsWhole: false, default, 0);
        _rates.Observe(new ClusterWindow(TimeSpan.Zero, 1, [new NodeWindow(Clusters.Report(0), 0, [began])]));

        Assert.Empty(_rates.Means);
    }

    private static ReplicaReport Report { get; } = new() { Model = "m", Version = "1" };

    private static ClusterWindow Window(double seconds, long rows)
    {
        ReplicaWindow replica = new(Report, IsWhole: true, new ReplicaCounters { Rows = rows }, 0);
        return new ClusterWindow(TimeSpan.Zero, seconds, [new NodeWindow(Clusters.Report(0), 0, [replica])]);
    }
}
