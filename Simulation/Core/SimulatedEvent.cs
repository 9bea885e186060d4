namespace OrleansInference.Simulation.Core;

/// <summary>One entry of the calendar.</summary>
/// <param name="At">Ticks of simulated time.</param>
/// <param name="Sequence">Order among events of one moment.</param>
/// <param name="Kind">What happens.</param>
/// <param name="Target">To what: meaning depends on the kind.</param>
/// <param name="State">What it carries; null where the target says everything.</param>
internal readonly record struct SimulatedEvent(long At, long Sequence, EventKind Kind, int Target, object? State);
