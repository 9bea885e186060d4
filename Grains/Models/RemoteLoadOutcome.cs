namespace OrleansInference.Grains.Models;

/// <summary>How a load on another node ended.</summary>
internal enum RemoteLoadOutcome
{
    /// <summary>The node's repository has no such model.</summary>
    NotInRepository,

    /// <summary>The node serves the model now.</summary>
    Loaded,

    /// <summary>The node has the model and cannot load it.</summary>
    Failed,
}
