using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Guardrails;

/// <summary>How far a plan is from another.</summary>
/// <param name="Loads">Replicas that would have to be loaded.</param>
/// <param name="Unloads">Replicas that would go.</param>
/// <param name="KnobChanges">Replicas whose knobs change.</param>
/// <param name="Models">Models that change.</param>
/// <param name="Nodes">Nodes where a replica comes, goes or runs with other knobs.</param>
public sealed record PlanDifference(
    int Loads,
    int Unloads,
    int KnobChanges,
    IReadOnlyList<string> Models,
    IReadOnlySet<SiloAddress> Nodes
)
{
    /// <summary>Whether anything changes.</summary>
    public bool IsNone => Models.Count == 0;

    /// <summary>Compares.</summary>
    public static PlanDifference Between(ClusterPlan from, ClusterPlan to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        int loads = 0;
        int unloads = 0;
        int knobs = 0;
        List<string> models = [];
        HashSet<SiloAddress> nodes = [];
        foreach (ModelPlan model in to.Models)
        {
            ModelPlan? other = from.Find(model.Name);
            ReplicaPlan[] before = other?.Replicas ?? [];
            ReplicaPlan[] added = Array.FindAll(
                model.Replicas,
                replica => !Array.Exists(before, old => old.Node.Equals(replica.Node))
            );
            ReplicaPlan[] gone = Array.FindAll(
                before,
                old => !Array.Exists(model.Replicas, replica => replica.Node.Equals(old.Node))
            );
            ReplicaPlan[] changed = Array.FindAll(
                model.Replicas,
                replica => Array.Exists(before, old => old.Node.Equals(replica.Node) && old.Knobs != replica.Knobs)
            );
            bool routed =
                other is not null
                && (other.LoadBalance != model.LoadBalance || other.TaskPartition != model.TaskPartition);
            loads += added.Length;
            unloads += gone.Length;
            knobs += changed.Length;
            ReplicaPlan[] touched = [.. added, .. gone, .. changed];
            nodes.UnionWith(touched.Select(replica => replica.Node));
            if (touched.Length > 0 || routed)
            {
                models.Add(model.Name);
            }
        }

        return new PlanDifference(loads, unloads, knobs, models, nodes);
    }
}
