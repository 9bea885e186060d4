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
}
