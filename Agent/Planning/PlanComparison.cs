using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Whether one plan says what another says. Where contents can be fetched from is no part of it.</summary>
public static class PlanComparison
{
    /// <summary>Compares everything but epoch, time and sources.</summary>
    public static bool AreAlike(ClusterPlan one, ClusterPlan other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Nodes.SequenceEqual(other.Nodes) && one.Models.Length == other.Models.Length && one.Models.Zip(other.Models).All(pair => AreAlike(pair.First, pair.Second));
    }

    private static bool AreAlike(ModelPlan one, ModelPlan other) =>
        one.Name == other.Name && one.Revision == other.Revision && one.LoadBalance == other.LoadBalance && one.TaskPartition == other.TaskPartition
        && one.Replicas.SequenceEqual(other.Replicas) && one.Refusals.SequenceEqual(other.Refusals);
}
