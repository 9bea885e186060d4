namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The agent's mode. Admission and routing by measured cost go on in all of them.</summary>
public enum AgentMode
{
    /// <summary>Decides, and applies its decisions.</summary>
    Act,

    /// <summary>Decides, and waits for an operator's consent.</summary>
    Advise,

    /// <summary>Decides, and only logs its decisions.</summary>
    Shadow,

    /// <summary>Does not decide: models are replicated where they fit.</summary>
    Off,
}
