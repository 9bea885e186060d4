using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// Makes plans, one a look. May learn from one call to the next, so that a cluster needs one of its own; time is in
/// what it is given. Not thread-safe unless the class says so.
/// </summary>
public interface IPlanner
{
    /// <summary>The plan for what was observed.</summary>
    /// <param name="observation">What is.</param>
    /// <param name="current">The plan in force, from which it departs as little as it can.</param>
    /// <returns>A plan with the current epoch and time; whoever publishes it gives it its own.</returns>
    ClusterPlan Plan(ClusterObservation observation, ClusterPlan current);
}
