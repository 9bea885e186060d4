using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Who sets which knob of a replica: the plan first, then a search on the replica, then the tuner. Pure.
/// </summary>
internal static class KnobOrder
{
    /// <summary>What the plan sets for a model's replica on a node; unset where it has none there.</summary>
    public static ReplicaKnobs Planned(ClusterPlan plan, string model, SiloAddress node)
    {
        ReplicaPlan[] replicas = plan.Find(model)?.Replicas ?? [];
        return Array.Find(replicas, replica => replica.Node.Equals(node))?.Knobs ?? ReplicaKnobs.Unset;
    }

    /// <summary>
    /// The plan's knobs with what it leaves open taken from a search. Threads and instances go together: one without
    /// the other would ask for more cores than there are. The delay is the plan's alone, as a search measures without
    /// any.
    /// </summary>
    /// <param name="planned">What the plan sets.</param>
    /// <param name="found">What a search found, or what its trial runs with now; null for nothing.</param>
    public static ReplicaKnobs Merge(ReplicaKnobs planned, ReplicaKnobs? found)
    {
        if (found is not { } search)
        {
            return planned;
        }
        // Threads and instances share the cores: both are taken from one source.
        bool leavesParallelism = planned.Threads == 0 && planned.Instances == 0;
        return planned with
        {
            Threads = leavesParallelism ? search.Threads : planned.Threads,
            Instances = leavesParallelism ? search.Instances : planned.Instances,
            MaxRows = planned.MaxRows == 0 ? search.MaxRows : planned.MaxRows,
            Variant = planned.Variant ?? search.Variant,
        };
    }

    /// <summary>Whether the tuner may set what plan and search leave open.</summary>
    /// <param name="isEnabled">Whether the node tunes at all (<c>Node:FastLoop</c>).</param>
    /// <param name="isOnTrial">Whether two settings are being compared: a third that moves with the load would blur
    /// it.</param>
    /// <param name="configuresBatches">Whether the model's configuration says something of its batches, which is not
    /// the tuner's.</param>
    /// <param name="hasSequences">Whether it serves sequences, whose batches follow from their slots.</param>
    public static bool MayTune(bool isEnabled, bool isOnTrial, bool configuresBatches, bool hasSequences) =>
        isEnabled && !isOnTrial && !configuresBatches && !hasSequences;
}
