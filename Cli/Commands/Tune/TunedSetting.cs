using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Cli.Commands.Tune;

/// <summary>A setting and its measurements: medians of several runs.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Knobs">The setting.</param>
/// <param name="RowsPerSecond">Rows answered a second.</param>
/// <param name="GoodputPerSecond">Those within the objective.</param>
/// <param name="P50Ms">Median time.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="CpuMsPerRow">Milliseconds of the node's CPU a row, as its reports say; below 0 where they do
/// not.</param>
/// <param name="Score">What settings are compared by.</param>
internal sealed record TunedSetting(
    string Name,
    ReplicaKnobs Knobs,
    double RowsPerSecond,
    double GoodputPerSecond,
    double P50Ms,
    double P99Ms,
    double CpuMsPerRow,
    double Score
);
