using System.Diagnostics;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Research.Evaluation;

/// <summary>What a planner costs: the time of its calls, which are one a second as the director makes them.</summary>
public sealed class PlannerCost(IPlanner planner) : IPlanner
{
    private readonly Stopwatch _clock = new();

    /// <summary>Seconds in its calls so far.</summary>
    public double Seconds => _clock.Elapsed.TotalSeconds;

    /// <summary>The longest call.</summary>
    public double LongestSeconds { get; private set; }

    /// <summary>
    /// Seconds of a core that it takes a simulated second in a cell, after <paramref name="warmup"/> seconds, and its
    /// longest call.
    /// </summary>
    public static (double Share, double LongestSeconds) Measure(
        Cell cell,
        IPlanner planner,
        double seconds,
        double warmup
    )
    {
        ArgumentNullException.ThrowIfNull(cell);
        cell.Run(new SimulatedPolicy { Planner = planner }, 1, warmup);
        PlannerCost cost = new(planner);
        cell.Run(new SimulatedPolicy { Planner = cost }, 2, seconds);
        return (cost.Seconds / seconds, cost.LongestSeconds);
    }

    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        double before = Seconds;
        _clock.Start();
        try
        {
            return planner.Plan(observation, current);
        }
        finally
        {
            _clock.Stop();
            LongestSeconds = Math.Max(LongestSeconds, Seconds - before);
        }
    }
}
