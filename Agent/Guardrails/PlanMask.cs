using Orleans.Runtime;
using OrleansInference.Agent.Prediction;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Guardrails;

/// <summary>What no plan may do, whoever made it.</summary>
public static class PlanMask
{
    /// <summary>Why a plan is impossible; null for one that is possible.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="cluster">What there is.</param>
    /// <param name="current">The plan in force: what is there may stay, and what moves away still takes its memory
    /// until the other serves.</param>
    public static string? Violation(ClusterPlan plan, PredictedCluster cluster, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(current);
        Dictionary<SiloAddress, PredictedNode> nodes = cluster.Nodes.ToDictionary(node => node.Address);
        Dictionary<SiloAddress, long> taken = [];
        foreach (PredictedModel model in cluster.Models)
        {
            ReplicaPlan[] replicas = plan.Find(model.Name)?.Replicas ?? [];
            ReplicaPlan[] before = current.Find(model.Name)?.Replicas ?? [];
            if (replicas.Length == 0 && before.Length > 0)
            {
                return $"model '{model.Name}' would have no replica";
            }
            if (
                replicas.Select(replica => replica.Node).Distinct().Count() != replicas.Length
                || replicas.Select(replica => replica.Index).Distinct().Count() != replicas.Length
            )
            {
                return $"model '{model.Name}' would have two replicas on one node or of one index";
            }
            if (model.Pin is { MaxReplicas: > 0 } most && replicas.Length > most.MaxReplicas)
            {
                return $"model '{model.Name}' is pinned to at most {most.MaxReplicas} replicas";
            }
            foreach (ReplicaPlan replica in replicas)
            {
                if (!nodes.TryGetValue(replica.Node, out PredictedNode? node))
                {
                    return $"model '{model.Name}' would be on a node that is not there";
                }
                bool there = Array.Exists(before, other => other.Node.Equals(replica.Node));
                if (node.Draining && !there)
                {
                    return $"model '{model.Name}' would come to node '{node.Name}', which drains";
                }
                if (model.Pin is { Nodes.Length: > 0 } pin && !pin.Nodes.Contains(node.Name))
                {
                    return $"model '{model.Name}' is pinned to {string.Join(", ", pin.Nodes)}";
                }
                if (FindProblem(replica.Knobs, node, model) is { } wrong)
                {
                    return $"model '{model.Name}' on node '{node.Name}': {wrong}";
                }
            }

            foreach (
                SiloAddress place in replicas
                    .Select(replica => replica.Node)
                    // Old and new lie in memory together while replicas move: make before break.
                    .Union(before.Select(replica => replica.Node).Where(nodes.ContainsKey))
            )
            {
                taken[place] = taken.GetValueOrDefault(place) + model.MemoryBytes;
            }
        }

        foreach ((SiloAddress address, long bytes) in taken)
        {
            PredictedNode node = nodes[address];
            long now = cluster
                .Models.Where(model =>
                    Array.Exists(current.Find(model.Name)?.Replicas ?? [], replica => replica.Node.Equals(address))
                )
                .Sum(model => model.MemoryBytes);
            // A node that is too full already may stay so; refused is only what takes more.
            if (bytes > node.MemoryBytes && bytes > now)
            {
                return $"node '{node.Name}' would have {bytes >> 20} MiB of models at once while it changes, it "
                    + $"has {node.MemoryBytes >> 20}";
            }
        }

        return null;
    }

    private static string? FindProblem(in ReplicaKnobs knobs, PredictedNode node, PredictedModel model)
    {
        if (knobs.Threads < 0 || knobs.Threads > node.Cores)
        {
            return $"{knobs.Threads} threads, from 1 to {node.Cores} are possible";
        }
        if (knobs.Instances < 0 || knobs.Instances > node.Cores)
        {
            return $"{knobs.Instances} instances, from 1 to {node.Cores} are possible";
        }
        if (Math.Max(1, knobs.Threads) * Math.Max(1, knobs.Instances) > node.Cores)
        {
            return $"{knobs.Threads} threads × {knobs.Instances} instances are more than {node.Cores} cores";
        }
        if (knobs.MaxRows < 0 || knobs.MaxRows > model.MaxRows)
        {
            return $"batches of {knobs.MaxRows}, from 1 to {model.MaxRows} are possible";
        }
        return double.IsFinite(knobs.DelayMs) && knobs.DelayMs <= model.SloSeconds * 1000
            ? null
            : $"a delay of {knobs.DelayMs} ms, at most the objective is possible";
    }
}
