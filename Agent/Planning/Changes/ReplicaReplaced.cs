namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A model takes the place of another on a node.</summary>
/// <param name="Model">The model that comes.</param>
/// <param name="Other">The model that goes; it has other replicas.</param>
/// <param name="Node">Name of the node.</param>
public sealed record ReplicaReplaced(string Model, string Other, string Node) : PlanChange;
