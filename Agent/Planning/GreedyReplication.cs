using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Planning.Changes;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// Greedy selective replication (AlpaServe, OSDI 2023): from one replica of each model, adds the replica that raises
/// the expected attainment most, until none does. Pure.
/// </summary>
public static class GreedyReplication
{
    /// <summary>Replicas that it adds at most: a large cluster is filled over several decisions.</summary>
    public const int MostSteps = 64;

    /// <summary>Nodes that it considers.</summary>
    public const int MostNodes = 16;

    /// <summary>What a replica must add to a plan's value; less is rounding.</summary>
    public const double LeastGain = 1e-5;

    private static readonly PlanChange s_change = new PlanReplaced(PlanSource.GreedyReplication);

    /// <summary>The plan.</summary>
    /// <param name="cluster">What is predicted.</param>
    /// <param name="start">A plan with at least one replica of each model; its first ones stay.</param>
    /// <param name="weights">The objective.</param>
    public static ClusterPlan Plan(PredictedCluster cluster, ClusterPlan start, ObjectiveWeights weights)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(start);
        // From nothing: where replicas are now does not bind where they would be best.
        PlanSearch search = new(cluster, ClusterPlan.Empty, weights);
        ModelPlan[] first = Array.ConvertAll(
            start.Models,
            model => model with { Replicas = [.. model.Replicas.Take(1)] }
        );
        PlanCandidate best = search.Evaluate(s_change, start with { Models = first });
        PredictedNode[] open = [.. cluster.Nodes.Where(node => !node.Draining).Take(MostNodes)];
        for (int step = 0; step < MostSteps; step++)
        {
            PlanCandidate? next = cluster
                .Models.Where(model => model.RowsPerSecond > 0)
                .SelectMany(model => open.Select(node => PlanEdit.Add(best.Plan, model.Name, node.Address)))
                .Where(plan =>
                    !PlanDifference.Between(best.Plan, plan).IsNone
                    && PlanMask.Violation(plan, cluster, ClusterPlan.Empty) is null
                )
                .Select(plan => search.Evaluate(s_change, plan))
                .MaxBy(candidate => candidate.Value(weights));
            if (next is null || next.Value(weights) < best.Value(weights) + LeastGain)
            {
                break;
            }
            best = next;
        }

        return best.Plan;
    }
}
