namespace OrleansInference.Simulation.Cluster;

/// <summary>What a replica did.</summary>
internal struct ReplicaCounts
{
    /// <summary>Requests answered or refused.</summary>
    public long Requests;

    /// <summary>Those that missed their objective or were refused.</summary>
    public long Violations;

    /// <summary>Rows run.</summary>
    public long Rows;

    /// <summary>Runs.</summary>
    public long Runs;

    /// <summary>Seconds of those runs.</summary>
    public double RunSeconds;

    /// <summary>Bytes in and out.</summary>
    public long Bytes;

    /// <summary>What came since an earlier reading.</summary>
    public readonly ReplicaCounts Minus(in ReplicaCounts earlier) =>
        new()
        {
            Requests = Requests - earlier.Requests,
            Violations = Violations - earlier.Violations,
            Rows = Rows - earlier.Rows,
            Runs = Runs - earlier.Runs,
            RunSeconds = RunSeconds - earlier.RunSeconds,
            Bytes = Bytes - earlier.Bytes,
        };

    /// <summary>Both together.</summary>
    public readonly ReplicaCounts Plus(in ReplicaCounts other) =>
        new()
        {
            Requests = Requests + other.Requests,
            Violations = Violations + other.Violations,
            Rows = Rows + other.Rows,
            Runs = Runs + other.Runs,
            RunSeconds = RunSeconds + other.RunSeconds,
            Bytes = Bytes + other.Bytes,
        };
}
