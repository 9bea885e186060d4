namespace OrleansInference.Scheduling.Admission;

/// <summary>What a model's configuration says of requests of one priority, Triton's <c>ModelQueuePolicy</c>.</summary>
public sealed record LevelPolicy
{
    /// <summary>The deadline of a request that names none; zero for no deadline.</summary>
    public TimeSpan DefaultTimeout { get; init; }

    /// <summary>Whether a request's own timeout counts, where it is shorter than the default.</summary>
    public bool AllowTimeoutOverride { get; init; } = true;

    /// <summary>Whether overdue requests are refused; else they are served behind those that are in time.</summary>
    public bool RejectOverdue { get; init; } = true;

    /// <summary>Most requests of the priority that may wait; 0 for no limit of its own.</summary>
    public int MaxQueuedRequests { get; init; }

    /// <summary>The nearer of the request's own timeout, where it counts, and the default; zero for none.</summary>
    public TimeSpan TimeoutOf(TimeSpan asked)
    {
        // Where the configuration sets no timeout, there is none that a request could override.
        if (DefaultTimeout <= TimeSpan.Zero)
        {
            return asked;
        }
        bool counts = AllowTimeoutOverride && asked > TimeSpan.Zero && asked < DefaultTimeout;
        return counts ? asked : DefaultTimeout;
    }
}
