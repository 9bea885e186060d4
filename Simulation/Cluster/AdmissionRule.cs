namespace OrleansInference.Simulation.Cluster;

/// <summary>Which requests a replica of the twin lets in.</summary>
public enum AdmissionRule
{
    /// <summary>Those that are predicted to be in time, as in production.</summary>
    Deadline,

    /// <summary>All, as long as the queue has room; overdue ones are dropped.</summary>
    Room,

    /// <summary>Those whose own run, started now, would be in time; others are dropped from the queue when they are late (Nexus, SOSP 2019).</summary>
    EarlyDrop,
}
