namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What became of a decision.</summary>
public enum DecisionOutcome
{
    /// <summary>Nothing was worth changing.</summary>
    Kept,

    /// <summary>Carried out; its effect is being measured.</summary>
    Applied,

    /// <summary>Carried out, and its effect was measured.</summary>
    Confirmed,

    /// <summary>Carried out, found worse, and taken back.</summary>
    RolledBack,

    /// <summary>Written down only.</summary>
    Shadowed,

    /// <summary>Waits for an operator's consent.</summary>
    Advised,

    /// <summary>An operator refused it, or it is no longer possible.</summary>
    Refused,

    /// <summary>The agent stopped changing things after too many rollbacks.</summary>
    Stopped,
}
