namespace OrleansInference.Research.Evaluation;

/// <summary>The most that a cluster answers in time.</summary>
/// <param name="Load">Mean work ÷ what all cores can do, each row alone; 0 where nothing is in time.</param>
/// <param name="RequestsPerSecond">Requests a second, a mean over the trace with its bursts.</param>
/// <param name="P50Ms">Median latency there, milliseconds.</param>
/// <param name="P99Ms">99th percentile there, milliseconds.</param>
public readonly record struct Capacity(double Load, double RequestsPerSecond, double P50Ms, double P99Ms);
