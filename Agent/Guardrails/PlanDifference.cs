using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Guardrails;

/// <summary>How far a plan is from another.</summary>
/// <param name="Loads">Replicas that would have to be loaded.</param>
/// <param name="Unloads">Replicas that would go.</param>
/// <param name="KnobChanges">Replicas whose knobs change.</param>
/// <param name="Models">Models that change.</param>
public sealed record PlanDifference(int Loads, int Unloads, int KnobChanges, IReadOnlyList<string> Models)
{
    /// <summary>Whether anything changes.</summary>
    public bool IsNone => Models.Count == 0;

    /// <summary>Compares.</summary>
    public static PlanDifference Of(ClusterPlan from, ClusterPlan to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        int loads = 0, unloads = 0, knobs = 0;
        List<string> models = [];
        foreach (ModelPlan model in to.Models)
        {
            ModelPlan? other = from.Find(model.Name);
            ReplicaPlan[] before = other?.Replicas ?? [];
            int added = model.Replicas.Count(replica => !Array.Exists(before, old => old.Node.Equals(replica.Node)));
            int gone = before.Count(old => !Array.Exists(model.Replicas, replica => replica.Node.Equals(old.Node)));
            int changed = model.Replicas.Count(replica => Array.Exists(before, old => old.Node.Equals(replica.Node) && old.Knobs != replica.Knobs));
            bool routed = other is not null && (other.LoadBalance != model.LoadBalance || other.TaskPartition != model.TaskPartition);
            (loads, unloads, knobs) = (loads + added, unloads + gone, knobs + changed);
            if (added + gone + changed > 0 || routed) models.Add(model.Name);
        }

        return new PlanDifference(loads, unloads, knobs, models);
    }
}
