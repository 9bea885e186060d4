namespace OrleansInference.Simulation.Alignment;

/// <summary>What a trace gave, on the cluster or in the twin.</summary>
/// <param name="P50Ms">Median time of the answered requests, milliseconds.</param>
/// <param name="P99Ms">99th percentile of it.</param>
/// <param name="Goodput">Requests answered within their objective, a second.</param>
/// <param name="Refused">Requests that were not answered.</param>
public sealed record AlignmentOutcome(double P50Ms, double P99Ms, double Goodput, long Refused);
