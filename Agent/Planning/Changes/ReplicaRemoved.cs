namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A model loses one replica.</summary>
/// <param name="Model">The model.</param>
/// <param name="Node">Name of the node that lets go of it.</param>
public sealed record ReplicaRemoved(string Model, string Node) : PlanChange;
