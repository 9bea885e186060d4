namespace OrleansInference.Simulation.Alignment;

/// <summary>A live node, as it was measured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Cores">Batches that it runs side by side, ≥ 1.</param>
/// <param name="LinkMbps">Its link; 0 where unknown.</param>
public sealed record MeasuredNode(string Name, int Cores, double LinkMbps)
{
    /// <summary>
    /// Runs side by side that do not slow each other down, 1 to <see cref="Cores"/>: fewer where a CPU quota or a
    /// neighbour leaves less than the cores.
    /// </summary>
    public double Parallelism { get; init; } = Cores;
}
