namespace OrleansInference.Agent.Objective;

/// <summary>
/// The source document's objective C + D + N made dimensionless, each in [0, 1]. As written there (C = Q·T, D = Q·R,
/// N = Q·B/η) more time a request would score better; its intent is kept: work, data and bandwidth that serve somebody.
/// </summary>
/// <param name="C">Compute work delivered within its objective ÷ min(offered work, capacity).</param>
/// <param name="D">Payload bytes delivered within the objective ÷ offered bytes.</param>
/// <param name="N">1 − (bytes between nodes: requests, model transfers, gathered parts) ÷ link budget.</param>
public readonly record struct ClusterScore(double C, double D, double N)
{
    /// <summary>The weighted mean; weights need not add up to 1.</summary>
    public double Total(ObjectiveWeights weights) =>
        ((weights.C * C) + (weights.D * D) + (weights.N * N)) / (weights.C + weights.D + weights.N);

    /// <summary>Makes it of what was counted.</summary>
    public static ClusterScore Compute(in ScoreInputs counted)
    {
        double bound = Math.Min(counted.OfferedWork, counted.CapacityWork);
        return new ClusterScore(
            bound <= 0 ? 1 : Math.Clamp(counted.DeliveredWork / bound, 0, 1),
            counted.OfferedBytes <= 0 ? 1 : Math.Clamp(counted.DeliveredBytes / counted.OfferedBytes, 0, 1),
            counted.LinkBytes <= 0 ? 1 : Math.Clamp(1 - (counted.CrossBytes / counted.LinkBytes), 0, 1)
        );
    }
}
