using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Agent.Observation;

/// <summary>What a served version has done: in all since it was loaded, or between two readings of that.</summary>
public readonly record struct ReplicaCounters
{
    /// <summary>Requests answered, refused or failed, ≥ 0.</summary>
    public long Requests { get; init; }

    /// <summary>Those of them that missed the latency objective, were refused or failed, ≥ 0.</summary>
    public long Violations { get; init; }

    /// <summary>Runs, ≥ 0.</summary>
    public long Runs { get; init; }

    /// <summary>Rows of those runs, ≥ 0.</summary>
    public long Rows { get; init; }

    /// <summary>Seconds that those runs took, ≥ 0.</summary>
    public double RunSeconds { get; init; }

    /// <summary>Bytes of tensors of requests and answers, ≥ 0.</summary>
    public long Bytes { get; init; }

    /// <summary>Totals as a node reports them.</summary>
    public static ReplicaCounters From(ReplicaReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new ReplicaCounters
        {
            Requests = report.Requests,
            Violations = report.Violations,
            Runs = report.Runs,
            Rows = report.Rows,
            RunSeconds = report.RunSeconds,
            Bytes = report.Bytes,
        };
    }

    /// <summary>Totals as the engine of a node counts them.</summary>
    public static ReplicaCounters From(InferenceStatistics statistics)
    {
        ArgumentNullException.ThrowIfNull(statistics);
        return new ReplicaCounters
        {
            Requests = statistics.Requests,
            Violations = statistics.Violations,
            Runs = statistics.ExecutionCount,
            Rows = statistics.InferenceCount,
            RunSeconds = statistics.RunSeconds,
            Bytes = statistics.Bytes,
        };
    }

    /// <summary>
    /// Whether these totals began anew after <paramref name="earlier"/>: the version was loaded again.
    /// </summary>
    public bool HasRestartedSince(in ReplicaCounters earlier) =>
        Requests < earlier.Requests || Violations < earlier.Violations || Runs < earlier.Runs || Rows < earlier.Rows;

    /// <summary>What was added since an earlier reading.</summary>
    public ReplicaCounters Minus(in ReplicaCounters earlier) =>
        new()
        {
            Requests = Requests - earlier.Requests,
            Violations = Violations - earlier.Violations,
            Runs = Runs - earlier.Runs,
            Rows = Rows - earlier.Rows,
            RunSeconds = RunSeconds - earlier.RunSeconds,
            Bytes = Bytes - earlier.Bytes,
        };

    /// <summary>Both together.</summary>
    public ReplicaCounters Plus(in ReplicaCounters other) =>
        new()
        {
            Requests = Requests + other.Requests,
            Violations = Violations + other.Violations,
            Runs = Runs + other.Runs,
            Rows = Rows + other.Rows,
            RunSeconds = RunSeconds + other.RunSeconds,
            Bytes = Bytes + other.Bytes,
        };
}
