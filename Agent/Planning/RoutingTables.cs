using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Balancing;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Planning;

/// <summary>Where requests may go follows from the plan and from what is ready. Pure.</summary>
public static class RoutingTables
{
    /// <summary>Costs that differ by less are the same.</summary>
    private const double Noise = 0.25;

    /// <summary>
    /// The table: of every model the replicas that are planned and ready, in the planned revision where any is; else
    /// those that are ready anywhere, so that nothing is lost while replicas move; nodes that drain only where nobody
    /// else has it.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="reports">The nodes that answer.</param>
    /// <param name="sequence">The table's number.</param>
    public static RoutingTable Build(ClusterPlan plan, IReadOnlyCollection<NodeReport> reports, long sequence)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(reports);
        NodeReport[] nodes =
        [
            .. reports.OrderBy(report => report.Name, StringComparer.Ordinal).ThenBy(report => report.Address),
        ];
        HashSet<SiloAddress> draining =
        [
            .. plan.Nodes.Where(node => node.Draining).Select(node => node.Address),
            .. nodes.Where(report => report.Draining).Select(report => report.Address),
        ];
        Dictionary<string, List<(int Node, ReplicaReport Replica)>> ready = [];
        for (int i = 0; i < nodes.Length; i++)
        {
            foreach (ReplicaReport replica in nodes[i].Replicas)
            {
                if (!ready.TryGetValue(replica.Model, out List<(int, ReplicaReport)>? list))
                {
                    ready.Add(replica.Model, list = []);
                }
                list.Add((i, replica));
            }
        }

        return new RoutingTable
        {
            Epoch = plan.Epoch,
            Sequence = sequence,
            NodeServiceType = nodes.Length == 0 ? "" : nodes[0].ServiceType,
            Nodes = [.. nodes.Select(report => new NodeRoute(report.Name, report.Address, report.Gateway))],
            Models =
            [
                .. ready
                    .OrderBy(model => model.Key, StringComparer.Ordinal)
                    .Select(model => Route(plan.Find(model.Key), model.Key, model.Value, nodes, draining)),
            ],
        };
    }

    /// <summary>Whether two tables send requests the same way, but for noise in the measured costs.</summary>
    public static bool AreAlike(RoutingTable one, RoutingTable other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Epoch == other.Epoch
            && one.Nodes.SequenceEqual(other.Nodes)
            && one.Models.Length == other.Models.Length
            && one.Models.Zip(other.Models)
                .All(pair =>
                    pair.First.Name == pair.Second.Name
                    && pair.First.LoadBalance == pair.Second.LoadBalance
                    && pair.First.TaskPartition == pair.Second.TaskPartition
                    && pair.First.Replicas.Length == pair.Second.Replicas.Length
                    && pair.First.Replicas.Zip(pair.Second.Replicas)
                        .All(replicas => AreAlike(replicas.First, replicas.Second))
                );
    }

    private static ModelRoute Route(
        ModelPlan? plan,
        string model,
        List<(int Node, ReplicaReport Replica)> ready,
        NodeReport[] nodes,
        HashSet<SiloAddress> draining
    )
    {
        Dictionary<SiloAddress, double> planned = (plan?.Replicas ?? []).ToDictionary(
            replica => replica.Node,
            replica => replica.Weight
        );
        List<(int Node, ReplicaReport Replica)> chosen = plan is null
            ? ready
            : ready.FindAll(entry =>
                planned.ContainsKey(nodes[entry.Node].Address) && HasRevision(nodes[entry.Node], plan)
            );
        // Make before break: until something of the plan is ready, the old places serve (ADR 10).
        if (chosen.Count == 0)
        {
            chosen = ready;
        }
        List<(int Node, ReplicaReport Replica)> open = chosen.FindAll(entry =>
            !draining.Contains(nodes[entry.Node].Address)
        );
        // All that is planned drains: what is ready elsewhere comes before it.
        if (open.Count == 0)
        {
            open = ready.FindAll(entry => !draining.Contains(nodes[entry.Node].Address));
        }
        // Everything drains, and serving from there is better than refusing.
        if (open.Count == 0)
        {
            open = chosen;
        }
        return new ModelRoute(
            model,
            plan?.LoadBalance ?? LoadBalancers.Default.Name,
            plan?.TaskPartition ?? true,
            [
                .. open.Select(entry =>
                    entry.Replica.Route with
                    {
                        Node = entry.Node,
                        Version = entry.Replica.Version,
                        Weight = planned.GetValueOrDefault(nodes[entry.Node].Address, 1),
                    }
                ),
            ]
        );
    }

    private static bool HasRevision(NodeReport node, ModelPlan plan) =>
        plan.Revision.Length == 0
        || Array.Exists(node.Offers, offer => offer.Name == plan.Name && offer.Revision == plan.Revision);

    // Measurements move with every run: a table for each of their moves would go to all nodes every second.
    private static bool AreAlike(in ReplicaRoute one, in ReplicaRoute other) =>
        Apart(one) == Apart(other)
        && IsNear(one.Cost().SecondsPerRow, other.Cost().SecondsPerRow)
        && IsNear(one.Cost().Seconds(1), other.Cost().Seconds(1));

    /// <summary>A route without what is measured, and so never quite the same.</summary>
    private static ReplicaRoute Apart(in ReplicaRoute route) => route.WithCost(default) with { RowsPerBatch = 0 };

    private static bool IsNear(double one, double other) => Math.Abs(one - other) <= Noise * Math.Max(one, other);
}
