namespace OrleansInference.Agent.Objective;

/// <summary>What C, D and N count; each ≥ 0, not all 0. A third each by default.</summary>
public readonly record struct ObjectiveWeights(double C, double D, double N)
{
    /// <summary>A third each.</summary>
    public static ObjectiveWeights Default { get; } = new(1 / 3.0, 1 / 3.0, 1 / 3.0);
}
