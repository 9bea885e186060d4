namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The outcome of a decision.</summary>
public enum DecisionOutcome
{
    /// <summary>Nothing was worth changing.</summary>
    Kept,

    /// <summary>Applied; its effect is being measured.</summary>
    Applied,

    /// <summary>Applied, and its effect was measured.</summary>
    Confirmed,

    /// <summary>Applied, found worse, and rolled back.</summary>
    RolledBack,

    /// <summary>Logged only.</summary>
    Shadowed,

    /// <summary>Waits for an operator's consent.</summary>
    Advised,

    /// <summary>An operator refused it, or it is no longer possible.</summary>
    Refused,

    /// <summary>The agent stopped changing things after too many rollbacks.</summary>
    Stopped,
}
