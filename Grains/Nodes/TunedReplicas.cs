using System.Collections.Concurrent;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine.Replicas;

namespace OrleansInference.Grains.Nodes;

/// <summary>What the node's own agent knows of the replicas that serve here. Thread-safe.</summary>
/// <param name="policy">The learned policy in force, if any.</param>
internal sealed class TunedReplicas(PolicySlot policy)
{
    private readonly ConcurrentDictionary<ModelReplica, TunedReplica> _replicas = new();

    /// <summary>What all of them did between the last two looks.</summary>
    public ReplicaCounters Since =>
        _replicas.Values.Aggregate(default(ReplicaCounters), (sum, tuned) => sum.Plus(tuned.Since));

    /// <summary>What is known of a replica; it is known from now on.</summary>
    public TunedReplica Of(ModelReplica replica) => _replicas.GetOrAdd(replica, _ => new TunedReplica(policy));

    /// <summary>What is known of a replica; null for nothing.</summary>
    public TunedReplica? Find(ModelReplica replica) => _replicas.GetValueOrDefault(replica);

    /// <summary>Forgets all others.</summary>
    public void KeepOnly(IEnumerable<ModelReplica> served)
    {
        foreach (ModelReplica gone in _replicas.Keys.Except(served))
        {
            _replicas.TryRemove(gone, out _);
        }
    }
}
