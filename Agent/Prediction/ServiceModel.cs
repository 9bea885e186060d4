using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Prediction;

/// <summary>
/// What runs of a model are predicted to take on a node: cost(rows) × (1 + interference × co-runners).
/// </summary>
/// <param name="Cost">What runs take alone.</param>
/// <param name="Interference">What each core that other models keep busy on the node adds, as a share, ≥ 0.</param>
/// <param name="P95Factor">The 95th percentile of a run ÷ its mean, ≥ 1.</param>
/// <param name="IsMeasured">Whether it was measured on that node, or follows from others.</param>
public readonly record struct ServiceModel(BatchCost Cost, double Interference, double P95Factor, bool IsMeasured)
{
    /// <summary>
    /// Seconds of a run of <paramref name="rows"/> rows beside <paramref name="coRunners"/> busy cores of others.
    /// </summary>
    public double Seconds(double rows, double coRunners) => Cost.Seconds(rows) * (1 + (Interference * coRunners));

    /// <summary>The same on a node that is slower by a factor.</summary>
    public ServiceModel Slower(double factor) => this with { Cost = Cost.Times(factor), IsMeasured = false };
}
