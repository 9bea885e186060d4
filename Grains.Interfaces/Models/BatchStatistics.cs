namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>The runs of one batch size; each count is that of runs.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.BatchStatistics")]
public sealed record BatchStatistics(
    [property: Id(0)] int Rows,
    [property: Id(1)] DurationStatistic ComputeInput,
    [property: Id(2)] DurationStatistic ComputeInfer,
    [property: Id(3)] DurationStatistic ComputeOutput
);
