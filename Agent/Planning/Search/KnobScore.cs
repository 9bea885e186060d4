namespace OrleansInference.Agent.Planning.Search;

/// <summary>What a search compares settings by.</summary>
public static class KnobScore
{
    /// <summary>
    /// Goodput × (1 − 0.05 × min(1, p50 ÷ objective)): rows answered within the objective a second, the lower latency
    /// winning among equals.
    /// </summary>
    public static double Compute(double goodputPerSecond, double p50Seconds, double sloSeconds) =>
        goodputPerSecond * (1 - (0.05 * Math.Min(1, p50Seconds / Math.Max(1e-9, sloSeconds))));
}
