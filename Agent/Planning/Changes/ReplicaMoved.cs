namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A replica of a model changes its node.</summary>
/// <param name="Model">The model.</param>
/// <param name="From">Name of the node that lets go of it.</param>
/// <param name="To">Name of the node that loads it.</param>
public sealed record ReplicaMoved(string Model, string From, string To) : PlanChange;
