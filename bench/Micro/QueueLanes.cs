namespace OrleansInference.Micro;

/// <summary>Which waiting requests can share a run.</summary>
public enum QueueLanes
{
    /// <summary>All of them.</summary>
    One,

    /// <summary>Every hundredth.</summary>
    Hundred,

    /// <summary>None: the model does not batch.</summary>
    Unique,
}
