using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Changes of a plan, each giving another one.</summary>
public static class PlanEdit
{
    /// <summary>With a replica more; the same where the node has one.</summary>
    public static ClusterPlan Add(ClusterPlan plan, string model, SiloAddress node) =>
        Change(
            plan,
            model,
            replicas =>
            {
                if (Array.Exists(replicas, replica => replica.Node.Equals(node)))
                {
                    return replicas;
                }
                int index = 0;
                while (Array.Exists(replicas, replica => replica.Index == index))
                {
                    index++;
                }
                return
                [
                    .. replicas
                        .Append(
                            new ReplicaPlan(index, node, 1)
                            {
                                Knobs = replicas.Length > 0 ? replicas[0].Knobs : ReplicaKnobs.Unset,
                            }
                        )
                        .OrderBy(replica => replica.Index),
                ];
            }
        );

    /// <summary>Without a replica, unless it is the last.</summary>
    public static ClusterPlan Remove(ClusterPlan plan, string model, SiloAddress node) =>
        Change(
            plan,
            model,
            replicas => replicas.Length < 2 ? replicas : [.. replicas.Where(replica => !replica.Node.Equals(node))]
        );

    /// <summary>With a replica moved: it keeps its index, and with it its grain.</summary>
    public static ClusterPlan Move(ClusterPlan plan, string model, SiloAddress from, SiloAddress to) =>
        Change(
            plan,
            model,
            replicas =>
                Array.Exists(replicas, replica => replica.Node.Equals(to))
                    ? replicas
                    : [.. replicas.Select(replica => replica.Node.Equals(from) ? replica with { Node = to } : replica)]
        );

    /// <summary>With other knobs on the replicas of a model that a condition holds for.</summary>
    public static ClusterPlan Set(
        ClusterPlan plan,
        string model,
        Func<ReplicaPlan, bool> where,
        Func<ReplicaKnobs, ReplicaKnobs> knobs
    ) =>
        Change(
            plan,
            model,
            replicas =>
                [
                    .. replicas.Select(replica =>
                        where(replica) ? replica with { Knobs = knobs(replica.Knobs) } : replica
                    ),
                ]
        );

    private static ClusterPlan Change(ClusterPlan plan, string model, Func<ReplicaPlan[], ReplicaPlan[]> change) =>
        plan with
        {
            Models =
            [
                .. plan.Models.Select(other =>
                    other.Name == model ? other with { Replicas = change(other.Replicas) } : other
                ),
            ],
        };
}
