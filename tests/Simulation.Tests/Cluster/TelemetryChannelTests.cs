using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Tests.Cluster;

public sealed class TelemetryChannelTests
{
    [Fact]
    public void Send_NothingLost_ReachesTheDirectorAtOnce()
    {
        TwinParts twin = new(nodes: 3, models: 1);

        twin.Telemetry.Send();

        Assert.Equal(3, Assert.Single(twin.Looks).Reports.Count);
        Assert.Equal(long.MaxValue, twin.Clock.NextAt);
    }

    [Fact]
    public void Send_EverythingLost_ShowsTheDirectorNothing()
    {
        TwinParts twin = new(nodes: 3, models: 1, new SimulationOptions { TelemetryLoss = 1 });

        twin.Telemetry.Send();

        Assert.Empty(twin.Looks);
    }

    [Fact]
    public void Send_ADelay_HasTheReportsOfThenArriveLater()
    {
        TwinParts twin = new(nodes: 3, models: 1, new SimulationOptions { TelemetryDelaySeconds = 0.5 });

        twin.Telemetry.Send();

        Assert.Empty(twin.Looks);
        SimulatedEvent arrives = twin.Clock.TakeNext();
        Assert.Equal((EventKind.Reports, SimulationClock.ToTicks(0.5)), (arrives.Kind, arrives.At));
        Assert.Equal(3, ((NodeReport[])arrives.State!).Length);
    }
}
