namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What the agent may do. Admission and routing by measured cost go on in all of them.</summary>
public enum AgentMode
{
    /// <summary>Decides, and has it carried out.</summary>
    Act,

    /// <summary>Decides, and waits for an operator's consent.</summary>
    Advise,

    /// <summary>Decides and writes it down only.</summary>
    Shadow,

    /// <summary>Does not decide: models are replicated where they fit.</summary>
    Off,
}
