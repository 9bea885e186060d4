namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>Where a model version stands; the protocol's repository index uses the upper-case names.</summary>
public enum ModelState
{
    /// <summary>In the repository and never asked for. The index gives it no state.</summary>
    Unknown = 0,

    /// <summary>Being loaded.</summary>
    Loading = 1,

    /// <summary>Serving.</summary>
    Ready = 2,

    /// <summary>Being drained.</summary>
    Unloading = 3,

    /// <summary>Not serving, for the reason given.</summary>
    Unavailable = 4,
}
