namespace OrleansInference.Simulation.World;

/// <summary>Something that happens to a node.</summary>
/// <param name="AtSeconds">When.</param>
/// <param name="Node">Its index.</param>
/// <param name="Speed">Its speed from then on, as a factor of its own; 0 for a node that is lost.</param>
public readonly record struct Incident(double AtSeconds, int Node, double Speed);
