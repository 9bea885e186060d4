namespace OrleansInference.Engine.Lifecycle;

/// <summary>What came of a request's wish that a model be loaded.</summary>
public enum DemandStatus
{
    /// <summary>It serves.</summary>
    Serves,

    /// <summary>No request loads it: the mode is another one, or the repository has no such model.</summary>
    NotOnDemand,

    /// <summary>It cannot be loaded, or an operator unloaded it.</summary>
    Refused,
}
