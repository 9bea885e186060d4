namespace OrleansInference.Agent.Planning.Changes;

/// <summary>The plan is another one as a whole.</summary>
/// <param name="Source">Where that comes from.</param>
public sealed record PlanReplaced(PlanSource Source) : PlanChange;
