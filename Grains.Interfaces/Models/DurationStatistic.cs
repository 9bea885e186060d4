namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>How often something happened and how long it took altogether.</summary>
/// <param name="Count">Times.</param>
/// <param name="Nanoseconds">Sum of the durations.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.DurationStatistic")]
public readonly record struct DurationStatistic([property: Id(0)] long Count, [property: Id(1)] long Nanoseconds);
