using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;
using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Cluster;

/// <summary>The nodes' own agents: each replica's knobs, by production's tuners.</summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="clock">Simulated time.</param>
/// <param name="turns">Told where more may run at once.</param>
/// <param name="fastSeconds">Seconds between two looks, &gt; 0.</param>
internal sealed class NodeAgents(TwinState state, SimulationClock clock, EngineTurns turns, double fastSeconds)
{
    private readonly ReplicaCounters[] _byNode = new ReplicaCounters[state.Nodes.Length];

    /// <summary>One look at all replicas that have a tuner.</summary>
    public void Tune()
    {
        Array.Clear(_byNode);
        foreach (SimulatedReplica replica in state.Replicas)
        {
            if (IsTuned(replica))
            {
                ref ReplicaCounters node = ref _byNode[replica.Node.Index];
                node = node.Plus(replica.Since);
            }
        }

        foreach (SimulatedReplica replica in state.Replicas)
        {
            if (IsTuned(replica))
            {
                ReplicaView view = View(replica);
                replica.Seen = replica.Tally.Total;
                replica.SetKnobs(replica.Tuner!.Tune(view));
                turns.StartIfWanted(replica);
            }
        }
    }

    private static bool IsTuned(SimulatedReplica replica) => replica.IsReady && replica.Tuner is not null;

    private ReplicaView View(SimulatedReplica replica)
    {
        ReplicaCounters since = replica.Since;
        ReplicaCounters others = _byNode[replica.Node.Index].Minus(since);
        BatchCost cost = replica.Schedule.Cost.Current;
        BatchLimits limits = replica.Schedule.Limits;
        ReplicaKnobs current = replica.Knobs with
        {
            MaxRows = BatchPolicy.Cap(limits, cost),
            DelayMs = limits.MaxDelay.TotalMilliseconds,
        };
        return new ReplicaView
        {
            Now = clock.Now,
            Planned = replica.Planned,
            Current = current,
            Cost = cost,
            MaxRows = replica.Model.MaxRows,
            SloSeconds = replica.Model.SloSeconds,
            Seconds = fastSeconds,
            Requests = since.Requests,
            Violations = since.Violations,
            Rows = since.Rows,
            Runs = since.Runs,
            RunSeconds = since.RunSeconds,
            Queued = replica.Schedule.Queue.Count,
            Cores = replica.Node.Spec.Cores,
            OtherRequests = others.Requests,
            OtherViolations = others.Violations,
            OtherRunSeconds = others.RunSeconds,
        };
    }
}
