namespace OrleansInference.Simulation.Alignment;

/// <summary>A live node, as it was measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cores">Batches that it runs side by side, ≥ 1.</param>
/// <param name="LinkMbps">Its link; 0 where unknown.</param>
public sealed record MeasuredNode(string Name, int Cores, double LinkMbps);
