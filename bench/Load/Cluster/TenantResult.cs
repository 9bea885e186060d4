using HdrHistogram;

namespace OrleansInference.Load.Cluster;

/// <summary>What became of one tenant's requests.</summary>
internal sealed class TenantResult
{
    private readonly Lock gate = new();
    private readonly LongHistogram served = new(TimeSpan.TicksPerMinute, 3);
    private readonly LongHistogram refused = new(TimeSpan.TicksPerMinute, 3);
    private readonly SortedDictionary<string, long> others = new(StringComparer.Ordinal);

    public long Sent { get; private set; }

    /// <summary>Answered with outputs before the deadline.</summary>
    public long InTime { get; private set; }

    /// <summary>Let in, and not answered in time.</summary>
    public long Late { get; private set; }

    public long Refused { get; private set; }

    public long WithoutRetryAfter { get; private set; }

    public IReadOnlyDictionary<string, long> Others => others;

    public double Attainment => Sent == 0 ? 1 : (double)InTime / Sent;

    public double ServedMs(double percentile) =>
        served.TotalCount == 0 ? 0 : served.GetValueAtPercentile(percentile) / 1e4;

    public double RefusedMs(double percentile) =>
        refused.TotalCount == 0 ? 0 : refused.GetValueAtPercentile(percentile) / 1e4;

    public void Record(int status, bool retryAfter, TimeSpan latency, TimeSpan deadline)
    {
        lock (gate)
        {
            Sent++;
            var ticks = Math.Clamp(latency.Ticks, 1, TimeSpan.TicksPerMinute);
            if (status == 429)
            {
                Refused++;
                refused.RecordValue(ticks);
                if (!retryAfter)
                {
                    WithoutRetryAfter++;
                }
                return;
            }

            if (status == 200)
            {
                served.RecordValue(ticks);
            }
            if (status == 200 && latency <= deadline)
            {
                InTime++;
            }
            else
            {
                Late++;
            }
            if (status != 200)
            {
                others[$"{status}"] = others.GetValueOrDefault($"{status}") + 1;
            }
        }
    }
}
