using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Sequences;

/// <summary>An input that tells the model where in a sequence it is.</summary>
/// <param name="Kind">What it tells.</param>
/// <param name="Spec">The input.</param>
/// <param name="False">The contents of one element for false; empty for the correlation id.</param>
/// <param name="True">The contents of one element for true; empty for the correlation id.</param>
public sealed record SequenceControl(SequenceControlKind Kind, TensorSpec Spec, byte[] False, byte[] True);
