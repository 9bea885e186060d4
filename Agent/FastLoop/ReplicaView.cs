using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.FastLoop;

/// <summary>What a node knows of one replica.</summary>
public readonly record struct ReplicaView
{
    /// <summary>The node's clock.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>What the plan wants; unset where it leaves the choice to the node.</summary>
    public ReplicaKnobs Planned { get; init; }

    /// <summary>What is in force.</summary>
    public ReplicaKnobs Current { get; init; }

    /// <summary>Measured time of a run.</summary>
    public BatchCost Cost { get; init; }

    /// <summary>Most rows that the model takes.</summary>
    public int MaxRows { get; init; }

    /// <summary>Latency objective, seconds.</summary>
    public double SloSeconds { get; init; }

    /// <summary>Seconds since the last look.</summary>
    public double Seconds { get; init; }

    /// <summary>Requests answered, well or not, since the last look.</summary>
    public long Requests { get; init; }

    /// <summary>Of those, the ones that missed the objective or were refused.</summary>
    public long Violations { get; init; }

    /// <summary>Rows run since the last look.</summary>
    public long Rows { get; init; }

    /// <summary>Runs since the last look.</summary>
    public long Runs { get; init; }

    /// <summary>Seconds that those runs took.</summary>
    public double RunSeconds { get; init; }

    /// <summary>Requests that wait.</summary>
    public long Queued { get; init; }

    /// <summary>Cores of the node; 0 where unknown.</summary>
    public int Cores { get; init; }

    /// <summary>Requests that the node's other replicas answered, well or not, since the last look.</summary>
    public long OtherRequests { get; init; }

    /// <summary>Of those, the ones that missed their objective or were refused.</summary>
    public long OtherViolations { get; init; }

    /// <summary>Seconds that runs of the node's other replicas took.</summary>
    public double OtherRunSeconds { get; init; }
}
