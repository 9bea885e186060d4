namespace OrleansInference.Engine.Repository;

/// <summary>Where a model version stands; the protocol's repository index uses the upper-case names.</summary>
public enum ModelState
{
    /// <summary>Being loaded.</summary>
    Loading,

    /// <summary>Serving.</summary>
    Ready,

    /// <summary>Being drained.</summary>
    Unloading,

    /// <summary>Not serving, for the reason given.</summary>
    Unavailable,
}
