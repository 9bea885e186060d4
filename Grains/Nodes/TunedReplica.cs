using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Nodes;

/// <summary>What the node's own agent knows of one replica.</summary>
/// <param name="policy">The learned policy in force, if any.</param>
internal sealed class TunedReplica(PolicySlot policy)
{
    /// <summary>Sets what plan and search leave open.</summary>
    public IReplicaTuner Tuner { get; } = new PolicyTuner(policy);

    /// <summary>What it did between the last two looks.</summary>
    public ReplicaCounters Since { get; set; }

    /// <summary>Seconds between them; 0 before the second.</summary>
    public double Seconds { get; set; }

    /// <summary>What a search found and, where it was in idle time, live requests confirmed; null before.</summary>
    public KnobProfile? Profile { get; set; }

    /// <summary>What a search in idle time found, until live requests have confirmed or refuted it.</summary>
    public KnobProfile? Proposal { get; set; }

    /// <summary>The trial of a proposal with live requests, while it goes on.</summary>
    public KnobTrial? Trial { get; set; }

    /// <summary>Searches in idle time that were begun.</summary>
    public int Searches { get; set; }

    /// <summary>The knobs that were asked for last; null where they must be asked for again.</summary>
    public ReplicaKnobs? Applied { get; set; }

    /// <summary>Whether a search in idle time is not possible.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Held by whoever sets knobs.</summary>
    public SemaphoreSlim Setting { get; } = new(1, 1);

    /// <summary>What the last look read; null before the first.</summary>
    public InferenceStatistics? Seen { get; set; }

    /// <summary>When that was, timestamp; 0 before the first.</summary>
    public long SeenAt { get; set; }
}
