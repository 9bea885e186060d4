using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Cluster;

/// <summary>The way of reports to the director: some are lost, the others may take a while.</summary>
/// <param name="reports">What nodes report.</param>
/// <param name="director">Who looks at it.</param>
/// <param name="options">What is lost, and how long the rest takes.</param>
/// <param name="clock">Simulated time.</param>
internal sealed class TelemetryChannel(
    NodeReports reports,
    SimulatedDirector director,
    SimulationOptions options,
    SimulationClock clock
)
{
    private readonly SimulationRandom _loss = new(options.Seed, 2);

    /// <summary>Sends what all nodes report.</summary>
    public void Send()
    {
        NodeReport[] sent = reports.Read();
        if (options.TelemetryLoss > 0)
        {
            sent = Array.FindAll(sent, _ => _loss.NextDouble() >= options.TelemetryLoss);
        }
        if (options.TelemetryDelaySeconds > 0)
        {
            long delay = SimulationClock.ToTicks(options.TelemetryDelaySeconds);
            clock.Schedule(delay, EventKind.Reports, 0, sent);
        }
        else
        {
            director.Decide(sent);
        }
    }
}
