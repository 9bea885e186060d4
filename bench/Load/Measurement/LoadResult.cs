namespace OrleansInference.Load.Measurement;

/// <summary>One measured window. Latencies in milliseconds, CPU in microseconds for each answered request.</summary>
internal sealed record LoadResult
{
    public required string Mode { get; init; }

    public required int Connections { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Answers with status 200.</summary>
    public required long Requests { get; init; }

    public required SortedDictionary<string, long> Errors { get; init; }

    public required double Throughput { get; init; }

    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P99 { get; init; }

    public required double P999 { get; init; }

    public required double Max { get; init; }

    public double? ServerCpu { get; init; }

    public required double OwnCpu { get; init; }

    /// <summary>Open loop: arrivals asked for, a second.</summary>
    public double? Rate { get; init; }

    /// <summary>Open loop: sent over a millisecond after their time, for want of a free connection.</summary>
    public long Late { get; init; }

    /// <summary>Open loop: due in the window and never sent.</summary>
    public long Unsent { get; init; }
}
