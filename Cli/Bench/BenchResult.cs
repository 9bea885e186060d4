using HdrHistogram;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Cli.Bench;

/// <summary>The measurements of a run.</summary>
/// <param name="Latencies">Of successful requests, in microseconds.</param>
/// <param name="Sent">Requests that were answered or failed.</param>
/// <param name="Dropped">Arrivals of an open loop that were not sent, because too many were under way.</param>
/// <param name="Errors">Failed requests by error.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="OfferedRate">Arrivals a second; null for a closed loop.</param>
internal sealed record BenchResult(
    LongHistogram Latencies,
    long Sent,
    long Dropped,
    IReadOnlyDictionary<InferenceError, long> Errors,
    double Seconds,
    double? OfferedRate
)
{
    /// <summary>Successful requests.</summary>
    public long Succeeded => Latencies.TotalCount;

    /// <summary>Successful requests a second.</summary>
    public double Rate => Succeeded / Seconds;

    /// <summary>A percentile in milliseconds; 0 without any success.</summary>
    public double Percentile(double percentile) =>
        Succeeded == 0 ? 0 : Latencies.GetValueAtPercentile(percentile) / 1000.0;
}
