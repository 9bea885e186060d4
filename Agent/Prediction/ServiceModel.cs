namespace OrleansInference.Agent.Prediction;

/// <summary>
/// What runs of a model are predicted to take on a node: (base + perRow × rows) × (1 + interference × co-runners).
/// </summary>
/// <param name="BaseSeconds">Seconds of a run whatever its rows, alone.</param>
/// <param name="SecondsPerRow">Seconds that each row adds, alone.</param>
/// <param name="Interference">What each core that other models keep busy on the node adds, as a share, ≥ 0.</param>
/// <param name="P95Factor">The 95th percentile of a run ÷ its mean, ≥ 1.</param>
/// <param name="IsMeasured">Whether it was measured on that node, or follows from others.</param>
public readonly record struct ServiceModel(
    double BaseSeconds,
    double SecondsPerRow,
    double Interference,
    double P95Factor,
    bool IsMeasured
)
{
    /// <summary>
    /// Seconds of a run of <paramref name="rows"/> rows beside <paramref name="coRunners"/> busy cores of others.
    /// </summary>
    public double Seconds(double rows, double coRunners) =>
        (BaseSeconds + (SecondsPerRow * rows)) * (1 + (Interference * coRunners));

    /// <summary>The same on a node that is slower by a factor.</summary>
    public ServiceModel Slower(double factor) =>
        this with
        {
            BaseSeconds = BaseSeconds * factor,
            SecondsPerRow = SecondsPerRow * factor,
            IsMeasured = false,
        };
}
