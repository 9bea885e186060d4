using OrleansInference.Routing.Health;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>What a scenario has happen to nodes.</summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="clock">Simulated time.</param>
/// <param name="gateways">Told of the requests that a lost node had.</param>
internal sealed class NodeIncidents(TwinState state, SimulationClock clock, SimulatedGateways gateways)
{
    /// <summary>A node becomes slower or faster, or is lost.</summary>
    public void Apply(in Incident incident)
    {
        SimulatedNode node = state.Nodes[incident.Node];
        if (incident.Speed > 0)
        {
            node.Spec = node.Spec with { Speed = state.World.Nodes[node.Index].Speed * incident.Speed };
            return;
        }

        node.IsLost = true;
        Eject(node);
        foreach (SimulatedReplica replica in node.Replicas.Values)
        {
            replica.IsReady = false;
            List<SimulatedRequest> all = [];
            replica.Schedule.Queue.TakeOverdue(TimeSpan.MaxValue - TimeSpan.FromTicks(1), all);
            foreach (SimulatedRequest queued in all)
            {
                gateways.Lose(queued);
            }
        }

        node.Replicas.Clear();
        node.Waiting.Clear();
    }

    /// <summary>No router sends anything there any more.</summary>
    private void Eject(SimulatedNode lost)
    {
        foreach (SimulatedNode other in state.Nodes)
        {
            foreach (NodeState node in other.Snapshot.Nodes)
            {
                if (node.Address.Equals(lost.Address))
                {
                    node.Eject(clock.Now);
                }
            }
        }
    }
}
