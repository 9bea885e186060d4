using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Makes plans. Pure.</summary>
public interface IPlanner
{
    /// <summary>The plan for what was observed.</summary>
    /// <param name="observation">What is.</param>
    /// <param name="current">The plan in force, from which it departs as little as it can.</param>
    /// <returns>A plan with the current epoch and time; whoever publishes it gives it its own.</returns>
    ClusterPlan Plan(ClusterObservation observation, ClusterPlan current);
}
