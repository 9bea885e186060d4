namespace OrleansInference.Scheduling.Batching;

/// <summary>What to do with a queue now.</summary>
/// <param name="Size">Rows to run now; 0 means wait.</param>
/// <param name="Wait">How long to wait for more before asking again; <see cref="TimeSpan.MaxValue"/> until something
/// arrives.</param>
public readonly record struct BatchDecision(int Size, TimeSpan Wait);
