namespace OrleansInference.Load.Measurement;

/// <summary>One measured window. Latencies in milliseconds, CPU in microseconds for each answered request.</summary>
internal sealed record LoadResult
{
    /// <summary>The error of a window in which nothing was answered, with success or without.</summary>
    private const string NoAnswer = "no answer in the window";

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

    /// <summary>What all connections, of one recorder each, saw in the window.</summary>
    /// <param name="mode">How requests were sent.</param>
    /// <param name="recorders">At least one; the first one holds the sum afterwards.</param>
    /// <param name="seconds">Length of the window.</param>
    /// <param name="serverCpu">Seconds of CPU that the server used, or null where that is not known.</param>
    /// <param name="ownCpu">What this process used.</param>
    public static LoadResult Sum(
        string mode,
        LatencyRecorder[] recorders,
        double seconds,
        double? serverCpu,
        TimeSpan ownCpu
    )
    {
        var all = recorders[0];
        foreach (var recorder in recorders.AsSpan(1))
        {
            all.Add(recorder);
        }
        var errors = all.Errors();
        if (all.Requests == 0 && errors.Count == 0)
        {
            errors[NoAnswer] = 1;
        }
        var answered = Math.Max(all.Requests, 1);
        return new LoadResult
        {
            Mode = mode,
            Connections = recorders.Length,
            Seconds = seconds,
            Requests = all.Requests,
            Errors = errors,
            Throughput = all.Requests / seconds,
            P50 = all.Milliseconds(50),
            P90 = all.Milliseconds(90),
            P99 = all.Milliseconds(99),
            P999 = all.Milliseconds(99.9),
            Max = all.Milliseconds(100),
            ServerCpu = serverCpu * 1e6 / answered,
            OwnCpu = ownCpu.TotalMicroseconds / answered,
            Late = all.Late,
        };
    }
}
