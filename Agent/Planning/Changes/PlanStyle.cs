namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A rule that sets all replicas of a plan at once.</summary>
public enum PlanStyle
{
    /// <summary>Half of the node's cores run a model at once.</summary>
    HalfTheRuns,

    /// <summary>A replica for each so many requests under way; the parameter says how many.</summary>
    Lean,

    /// <summary>Runs take at most a share of the objective; the parameter says which.</summary>
    Sized,

    /// <summary>As <see cref="Sized"/>, and half of the cores at once.</summary>
    SizedHalfTheRuns,

    /// <summary>As <see cref="Sized"/>, and the head of a queue waits for company.</summary>
    SizedPatient,

    /// <summary>The head of a queue waits for company.</summary>
    Patient,

    /// <summary>Nothing is set: each node chooses.</summary>
    NodesChoose,
}
