namespace OrleansInference.Agent.Planning.Changes;

/// <summary>A setting of all replicas of a model is another one.</summary>
/// <param name="Model">The model.</param>
/// <param name="Knob">The setting.</param>
/// <param name="Value">What it is set to, ≥ 0.</param>
public sealed record KnobSet(string Model, Knob Knob, int Value) : PlanChange;
