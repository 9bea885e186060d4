namespace OrleansInference.Agent.Planning.Changes;

/// <summary>Where a plan comes from that is made as a whole.</summary>
public enum PlanSource
{
    /// <summary><see cref="Planning.ReplicateWhereItFits"/>.</summary>
    ReplicateWhereItFits,

    /// <summary><see cref="Planning.GreedyReplication"/>.</summary>
    GreedyReplication,

    /// <summary>The last plan whose watch found no harm.</summary>
    LastGood,
}
