namespace OrleansInference.Agent.Planning.Changes;

/// <summary>All replicas follow one rule.</summary>
/// <param name="Style">The rule.</param>
/// <param name="Parameter">Its number, where it has one; else 0.</param>
public sealed record StyleSet(PlanStyle Style, double Parameter = 0) : PlanChange;
