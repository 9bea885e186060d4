namespace OrleansInference.Engine.Hosting;

/// <summary>Triton's model control modes.</summary>
public enum ModelControlMode
{
    /// <summary>Every model of the repository is loaded at start (Triton's <c>none</c>).</summary>
    All,

    /// <summary>Only named models are loaded at start; others on request.</summary>
    Explicit,

    /// <summary>Every model, and the repository is looked at again and again.</summary>
    Poll,

    /// <summary>
    /// A model is loaded by the first request for it, and the least used ones are unloaded where memory is short; for
    /// repositories that are larger than memory.
    /// </summary>
    Demand,
}
