namespace OrleansInference.Scheduling.Admission;

/// <summary>What a model's configuration says of priorities, deadlines and latency objectives.</summary>
public sealed record QueuePolicy
{
    /// <summary>Priority levels; 0 where none are configured and any priority is taken.</summary>
    public uint PriorityLevels { get; init; }

    /// <summary>The priority of a request that names none.</summary>
    public uint DefaultPriority { get; init; } = uint.MaxValue;

    /// <summary>The deadline of a request that names none; zero for no deadline.</summary>
    public TimeSpan DefaultTimeout { get; init; }

    /// <summary>Whether a request's own timeout counts.</summary>
    public bool AllowTimeoutOverride { get; init; } = true;

    /// <summary>Whether overdue requests are refused; else they are only served late.</summary>
    public bool RejectOverdue { get; init; } = true;

    /// <summary>The model's latency objective at the 99th percentile, in milliseconds.</summary>
    public double SloP99Ms { get; init; } = 100;

    /// <summary>How much the model's objective counts against other models'; 1 by default.</summary>
    public double SloWeight { get; init; } = 1;
}
