using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Trials;

/// <summary>Always the same plan.</summary>
public sealed class FixedPlanner(ClusterPlan plan) : IPlanner
{
    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current) => plan;
}
