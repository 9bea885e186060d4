namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The inputs of a decision for one model.</summary>
/// <param name="Model">The model.</param>
/// <param name="RowsPerSecond">Rows a second that are expected.</param>
/// <param name="PeakRowsPerSecond">The 95th percentile of that.</param>
/// <param name="SecondsPerRow">Seconds a row, alone, by node name.</param>
/// <param name="Interference">Slowdown by each core that others keep busy, by node name.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.DecisionInput")]
public sealed record DecisionInput(
    [property: Id(0)] string Model,
    [property: Id(1)] double RowsPerSecond,
    [property: Id(2)] double PeakRowsPerSecond,
    [property: Id(3)] Dictionary<string, double> SecondsPerRow,
    [property: Id(4)] Dictionary<string, double> Interference
);
