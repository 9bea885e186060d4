namespace OrleansInference.Scheduling.Admission;

/// <summary>
/// Which requests with a deadline a replica lets in. The server always goes by <see cref="Deadline"/>.
/// </summary>
public enum AdmissionRule
{
    /// <summary>Those that are predicted to be in time.</summary>
    Deadline,

    /// <summary>All, as long as the queue has room; overdue ones are dropped.</summary>
    Room,

    /// <summary>
    /// Those whose own run, started now, would be in time; others are dropped from the queue when they are late (Nexus,
    /// SOSP 2019).
    /// </summary>
    EarlyDrop,
}
