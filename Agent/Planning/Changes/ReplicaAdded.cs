namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A model gets one replica more.</summary>
/// <param name="Model">The model.</param>
/// <param name="Node">Name of the node that loads it.</param>
public sealed record ReplicaAdded(string Model, string Node) : PlanChange;
