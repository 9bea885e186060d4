namespace OrleansInference.Scheduling.Admission;

/// <summary>Whether a request may join a replica's queue, and if not, why.</summary>
public enum AdmissionVerdict
{
    /// <summary>It waits in the queue.</summary>
    Admitted,

    /// <summary>As many requests wait as may.</summary>
    QueueFull,

    /// <summary>As many requests of its priority wait as may.</summary>
    LevelFull,

    /// <summary>Its tenant has its share of the queue, in which others wait too.</summary>
    OverShare,

    /// <summary>It would be late because of what is ahead of it; at another time or place it may be served.</summary>
    Overloaded,

    /// <summary>It would be late even if nothing were ahead of it.</summary>
    NeverInTime,
}
