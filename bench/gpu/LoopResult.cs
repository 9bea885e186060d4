namespace OrleansInference.GpuBench;

/// <summary>What a closed loop measured.</summary>
/// <param name="CallsPerSecond">Calls answered a second.</param>
/// <param name="P50">The median latency, in milliseconds.</param>
/// <param name="P99">The 99th percentile, in milliseconds.</param>
internal sealed record LoopResult(double CallsPerSecond, double P50, double P99);
