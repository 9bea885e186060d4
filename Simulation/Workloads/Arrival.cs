namespace OrleansInference.Simulation.Workloads;

/// <summary>A request that comes.</summary>
/// <param name="At">When, ticks.</param>
/// <param name="Model">Index of its model.</param>
/// <param name="Rows">Its rows, ≥ 1.</param>
public readonly record struct Arrival(long At, int Model, int Rows);
