using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Cluster;

/// <summary>Carries plans out, as executor and replica grains do: loads, knobs, and make before break.</summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="loading">Loads models.</param>
/// <param name="routes">Told when what is ready may have changed.</param>
internal sealed class PlanCarrier(TwinState state, ReplicaLoading loading, RoutePublisher routes)
{
    /// <summary>Brings the cluster closer to a plan; what has to wait is done by a later call.</summary>
    public void Apply(ClusterPlan plan)
    {
        foreach (ModelPlan model in plan.Models)
        {
            int index = state.IndexOf(model.Name);
            foreach (ReplicaPlan planned in model.Replicas)
            {
                Ensure(index, planned);
            }
            foreach (SimulatedNode node in state.Nodes)
            {
                LeaveIfReplaced(index, model, node);
            }
        }

        routes.Publish(plan);
        foreach (SimulatedReplica replica in state.Replicas)
        {
            if (replica is { IsLeaving: true, IsReady: true })
            {
                replica.TryUnload();
            }
        }
    }

    private void Ensure(int model, ReplicaPlan planned)
    {
        if (state.Living(planned.Node) is not { } node)
        {
            return;
        }
        SimulatedReplica? replica = node.Replicas.GetValueOrDefault(model) ?? loading.Begin(model, node);
        if (replica is null)
        {
            return;
        }
        replica.IsLeaving = false;
        replica.GrainIndex = planned.Index;
        if (replica.Planned != planned.Knobs)
        {
            replica.Planned = planned.Knobs;
            replica.SetKnobs(planned.Knobs);
        }
    }

    /// <summary>Make before break: what the plan has no more goes when another one serves.</summary>
    private void LeaveIfReplaced(int model, ModelPlan plan, SimulatedNode node)
    {
        bool serves = node.Replicas.TryGetValue(model, out SimulatedReplica? replica) && replica.IsReady;
        bool isPlanned = Array.Exists(plan.Replicas, planned => planned.Node.Equals(node.Address));
        if (serves && !isPlanned && Array.Exists(plan.Replicas, planned => Serves(model, planned)))
        {
            replica!.IsLeaving = true;
        }
    }

    private bool Serves(int model, ReplicaPlan planned) =>
        Array.Exists(
            state.Nodes,
            node =>
                node.Address.Equals(planned.Node)
                && node.Replicas.TryGetValue(model, out SimulatedReplica? replica)
                && replica.IsReady
        );
}
