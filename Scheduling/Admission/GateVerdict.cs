namespace OrleansInference.Scheduling.Admission;

/// <summary>What a gate decides.</summary>
public enum GateVerdict
{
    /// <summary>Come in.</summary>
    Admit,

    /// <summary>The tenant has its share of the queue, and others wait.</summary>
    OverShare,

    /// <summary>It could not be served in time, or the queue is full.</summary>
    Overloaded,
}
