using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// Greedy selective replication (AlpaServe, OSDI 2023), made anew every period from measured costs and demand.
/// </summary>
/// <param name="periodSeconds">Seconds between two plans.</param>
public sealed class GreedyPlanner(double periodSeconds) : IPlanner
{
    private readonly ReplicateWhereItFits _repair = new(onlyNew: true);
    private readonly ClusterPredictor _predictor = new();
    private TimeSpan _at = TimeSpan.Zero;

    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ArgumentNullException.ThrowIfNull(current);
        _predictor.Observe(observation.Window);
        ClusterPlan repaired = _repair.Plan(observation, current);
        if ((observation.Now - _at).TotalSeconds < periodSeconds)
        {
            return repaired;
        }
        _at = observation.Now;
        return _repair.Plan(
            observation,
            GreedyReplication.Plan(_predictor.Predict(observation, observation.Now), repaired, ObjectiveWeights.Default)
        );
    }
}
