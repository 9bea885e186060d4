using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Whether one plan says what another says. Where contents can be fetched from is no part of it.</summary>
public static class PlanComparison
{
    private const string Weighted = "weighted";

    /// <summary>Compares everything but epoch, time and sources.</summary>
    public static bool AreAlike(ClusterPlan one, ClusterPlan other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Nodes.SequenceEqual(other.Nodes)
            && one.Models.Length == other.Models.Length
            && one.Models.Zip(other.Models).All(pair => AreAlike(pair.First, pair.Second));
    }

    /// <summary>
    /// Compares what nodes are to do. Shares that were measured again are no part of it, where nobody is told to go by
    /// them.
    /// </summary>
    public static bool AskTheSame(ClusterPlan one, ClusterPlan other) =>
        AreAlike(WithoutMeasuredShares(one), WithoutMeasuredShares(other));

    private static ClusterPlan WithoutMeasuredShares(ClusterPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan with { Models = [.. plan.Models.Select(WithoutMeasuredShares)] };
    }

    private static ModelPlan WithoutMeasuredShares(ModelPlan plan) =>
        plan.LoadBalance == Weighted
            ? plan
            : plan with
            {
                Replicas = [.. plan.Replicas.Select(replica => replica with { Weight = 1 })],
            };

    private static bool AreAlike(ModelPlan one, ModelPlan other) =>
        one.Name == other.Name
        && one.Revision == other.Revision
        && one.LoadBalance == other.LoadBalance
        && one.TaskPartition == other.TaskPartition
        && one.Replicas.SequenceEqual(other.Replicas)
        && one.Refusals.SequenceEqual(other.Refusals);
}
