using HdrHistogram;

namespace OrleansInference.Load.Measurement;

/// <summary>What one connection saw. Not shared between threads; recording allocates nothing.</summary>
internal sealed class LatencyRecorder
{
    /// <summary>100 ns units up to a minute, three digits.</summary>
    private const long Longest = TimeSpan.TicksPerMinute;

    private readonly LongHistogram latencies = new(Longest, 3);
    private readonly long[] statuses = new long[600];
    private readonly SortedDictionary<string, long> failures = new(StringComparer.Ordinal);

    public long Late { get; private set; }

    public void Record(int status, TimeSpan latency)
    {
        statuses[Math.Clamp(status, 0, 599)]++;
        if (status == 200)
        {
            latencies.RecordValue(Math.Clamp(latency.Ticks, 1, Longest));
        }
    }

    /// <summary>A request without a status of HTTP, by its kind.</summary>
    public void RecordFailure(string kind) => AddFailures(kind, 1);

    /// <summary>
    /// An open-loop request that left more than a millisecond after its time: every connection was busy.
    /// </summary>
    public void RecordLate() => Late++;

    public void Add(LatencyRecorder other)
    {
        latencies.Add(other.latencies);
        for (var i = 0; i < statuses.Length; i++)
        {
            statuses[i] += other.statuses[i];
        }
        foreach (var (kind, count) in other.failures)
        {
            AddFailures(kind, count);
        }
        Late += other.Late;
    }

    public long Requests => statuses[200];

    public SortedDictionary<string, long> Errors()
    {
        var errors = new SortedDictionary<string, long>(failures, StringComparer.Ordinal);
        for (var status = 0; status < statuses.Length; status++)
        {
            if (status != 200 && statuses[status] > 0)
            {
                errors[$"{status}"] = statuses[status];
            }
        }
        return errors;
    }

    public double Milliseconds(double percentile) =>
        Requests == 0 ? 0 : latencies.GetValueAtPercentile(percentile) / 1e4;

    private void AddFailures(string kind, long count) => failures[kind] = failures.GetValueOrDefault(kind) + count;
}
