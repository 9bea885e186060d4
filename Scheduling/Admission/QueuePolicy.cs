using OrleansInference.Grains.Interfaces.Inference;

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

    /// <summary>Which requests with a deadline are let in.</summary>
    public AdmissionRule Rule { get; init; } = AdmissionRule.Deadline;

    /// <summary>The request's own priority, or the default.</summary>
    public uint PriorityOf(InferenceRequest request) => request.Priority == 0 ? DefaultPriority : request.Priority;

    /// <summary>The request's own latency objective, or the model's, in milliseconds.</summary>
    public double SloOf(InferenceRequest request) => request.SloP99Ms > 0 ? request.SloP99Ms : SloP99Ms;

    /// <summary>The request's own timeout where it counts, or the default; zero for none.</summary>
    public TimeSpan TimeoutOf(InferenceRequest request) =>
        request.Timeout > TimeSpan.Zero && AllowTimeoutOverride ? request.Timeout : DefaultTimeout;
}
