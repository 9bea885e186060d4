namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What one setting of a replica was measured to give.</summary>
/// <param name="Knobs">The setting.</param>
/// <param name="RowsPerSecond">Rows answered a second.</param>
/// <param name="GoodputPerSecond">Rows answered within the latency objective a second.</param>
/// <param name="P50Ms">Median time of a request, milliseconds.</param>
/// <param name="P99Ms">99th percentile of it.</param>
/// <param name="Score">What the search compares: goodput, less a small part for latency.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.KnobPoint")]
public readonly record struct KnobPoint(
    [property: Id(0)] ReplicaKnobs Knobs,
    [property: Id(1)] double RowsPerSecond,
    [property: Id(2)] double GoodputPerSecond,
    [property: Id(3)] double P50Ms,
    [property: Id(4)] double P99Ms,
    [property: Id(5)] double Score
);
