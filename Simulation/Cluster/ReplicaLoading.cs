using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>Loads models on nodes: memory first, then the time that files, session and warm-up take.</summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="policy">What replicas begin with.</param>
/// <param name="clock">Simulated time.</param>
/// <param name="tally">Counts loads.</param>
/// <param name="noise">Numbers for the warm-up's runs.</param>
internal sealed class ReplicaLoading(
    TwinState state,
    SimulatedPolicy policy,
    SimulationClock clock,
    SimulationTally tally,
    SimulationRandom noise
)
{
    private const int MaxQueued = 4096;

    /// <summary>Rows of the largest run of a warm-up.</summary>
    private const int WarmupRows = 8;

    /// <summary>Begins to load a model.</summary>
    /// <returns>The replica, not ready yet; null where there is no memory for it.</returns>
    public SimulatedReplica? Begin(int model, SimulatedNode node)
    {
        WorldModel spec = state.World.Models[model];
        // What leaves still holds its memory: the load waits for it.
        if (node.Reserved + spec.MemoryBytes > node.Spec.MemoryBytes)
        {
            return null;
        }
        node.Reserved += spec.MemoryBytes;
        int instances = policy.Instances > 0 ? Math.Min(policy.Instances, node.Spec.Cores) : node.Spec.Cores;
        BatchLimits limits = new()
        {
            MaxRows = policy.MaxRows > 0 ? Math.Min(policy.MaxRows, spec.MaxRows) : spec.MaxRows,
            FillToMax = policy.FillToMax,
            MaxDelay = TimeSpan.FromSeconds(policy.DelaySeconds),
            Concurrency = instances,
            MaxQueuedRequests = MaxQueued,
        };
        SimulatedReplica replica = new(state.Replicas.Count, model, spec, node, limits, policy.Admission)
        {
            Tuner = policy.Tuner?.Invoke(),
            Knobs = new ReplicaKnobs { Threads = 1, Instances = instances },
        };
        state.Replicas.Add(replica);
        node.Replicas.Add(model, replica);
        // Half of what a replica holds is its file.
        double fileBytes = spec.MemoryBytes / 2.0;
        if (clock.Ticks > 0)
        {
            tally.Loads++;
            tally.CrossBytes += fileBytes;
        }

        double seconds = (spec.LoadSeconds / node.Spec.Speed) + NetworkWay.TransferSeconds(node, fileBytes);
        clock.Schedule(SimulationClock.ToTicks(seconds), EventKind.Loaded, replica.Id);
        return replica;
    }

    /// <summary>Warmed as a real load is: a few sizes are measured before the first request.</summary>
    public void End(SimulatedReplica replica)
    {
        for (int rows = 1; rows <= Math.Min(WarmupRows, replica.Model.MaxRows); rows *= 2)
        {
            double seconds = state.World.Law.Seconds(
                replica.Model,
                replica.Node.Spec,
                rows,
                threads: 1,
                replica.Node.Pressure,
                crowding: 1,
                noise
            );
            replica.Schedule.Cost.Observe(rows, seconds);
        }

        replica.IsReady = true;
    }
}
