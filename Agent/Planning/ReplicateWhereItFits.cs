using Orleans.Runtime;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>
/// A deterministic plan: every model gets one replica, those that are asked for most first, then as many more as there
/// are nodes with room. Replicas stay where they are while they fit; weights are the inverse of the measured seconds a
/// row.
/// </summary>
/// <param name="onlyNew">Fill up only nodes that the current plan does not know, and models that it has not: repair a
/// plan rather than make one.</param>
public sealed class ReplicateWhereItFits(bool onlyNew = false) : IPlanner
{
    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ArgumentNullException.ThrowIfNull(current);
        Dictionary<SiloAddress, NodeRoom> rooms = observation.Nodes.ToDictionary(
            node => node.Address,
            node => new NodeRoom(node)
        );
        // A lone node that drains goes on serving: there is nobody to take over.
        bool nowhereElse = observation.Nodes.All(node => node.Draining);
        NodeRoom[] open =
        [
            .. rooms
                .Values.Where(room => nowhereElse || !room.Node.Draining)
                .OrderBy(room => room.Node.Name, StringComparer.Ordinal),
        ];
        Dictionary<string, ModelPlan> before = current.Models.ToDictionary(model => model.Name);
        ModelDraft[] drafts =
        [
            .. observation
                .Models.OrderByDescending(model => model.Demand)
                .ThenBy(model => model.Name, StringComparer.Ordinal)
                .Select(model => new ModelDraft(model, before.GetValueOrDefault(model.Name), open)),
        ];
        // What is there keeps its place, one replica of each model before the second of any.
        foreach (ModelDraft draft in drafts)
        {
            draft.KeepOne(rooms);
        }
        foreach (ModelDraft draft in drafts.Where(draft => draft.IsEmpty))
        {
            draft.AddOne();
        }
        foreach (ModelDraft draft in drafts)
        {
            draft.KeepRest(rooms);
        }
        HashSet<SiloAddress> known = [.. current.Nodes.Where(node => !node.Draining).Select(node => node.Address)];
        foreach (ModelDraft draft in drafts)
        {
            draft.AddRest(onlyNew ? address => !known.Contains(address) : null);
        }
        return current with
        {
            Nodes =
            [
                .. observation
                    .Nodes.OrderBy(node => node.Name, StringComparer.Ordinal)
                    .Select(node => new NodePlan(node.Name, node.Address, node.Draining)),
            ],
            Models =
            [
                .. drafts.OrderBy(draft => draft.Name, StringComparer.Ordinal).Select(draft => draft.ToPlan(rooms)),
            ],
        };
    }
}
