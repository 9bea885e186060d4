namespace OrleansInference.Agent.Guardrails;

/// <summary>What became of a change.</summary>
public enum ChangeVerdict
{
    /// <summary>None is watched.</summary>
    None,

    /// <summary>It is too early to tell.</summary>
    Waiting,

    /// <summary>It did no harm.</summary>
    Good,

    /// <summary>It made things worse.</summary>
    RollBack,
}
