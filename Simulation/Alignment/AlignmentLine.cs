namespace OrleansInference.Simulation.Alignment;

/// <summary>A figure of the cluster beside the twin's.</summary>
/// <param name="Metric">Which.</param>
/// <param name="Live">Median of the cluster's runs.</param>
/// <param name="Spread">Standard deviation of the cluster's runs ÷ their median.</param>
/// <param name="Twin">Median of the twin's runs.</param>
/// <param name="Tolerance">How far the twin may be off, as a share.</param>
public sealed record AlignmentLine(string Metric, double Live, double Spread, double Twin, double Tolerance)
{
    /// <summary>How far the twin is off, as a share of the cluster's figure.</summary>
    public double Difference => Live == 0 ? (Twin == 0 ? 0 : 1) : (Twin / Live) - 1;

    /// <summary>Whether that is within the tolerance.</summary>
    public bool Holds => Math.Abs(Difference) <= Tolerance;
}
