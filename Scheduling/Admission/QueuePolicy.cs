using System.Collections.Frozen;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Scheduling.Admission;

/// <summary>What a model's configuration says of priorities, deadlines and latency objectives.</summary>
public sealed record QueuePolicy
{
    /// <summary>Priority levels; 0 where none are configured and any priority is taken.</summary>
    public ulong PriorityLevels { get; init; }

    /// <summary>The priority of a request that names none.</summary>
    public ulong DefaultPriority { get; init; } = uint.MaxValue;

    /// <summary>
    /// Whether requests run in the order in which they came, and their answers leave in it; background work stands
    /// behind them all the same.
    /// </summary>
    public bool PreservesOrder { get; init; }

    /// <summary>What is said of every priority that <see cref="Levels"/> does not name.</summary>
    public LevelPolicy Default { get; init; } = new();

    /// <summary>What is said of single priorities; null where nothing is.</summary>
    public FrozenDictionary<ulong, LevelPolicy>? Levels { get; init; }

    /// <summary>Whether a priority has a limit of its own on the requests that wait.</summary>
    public bool LimitsLevels =>
        Default.MaxQueuedRequests > 0 || Levels?.Values.Any(level => level.MaxQueuedRequests > 0) == true;

    /// <summary>The model's latency objective at the 99th percentile, in milliseconds.</summary>
    public double SloP99Ms { get; init; } = 100;

    /// <summary>How much the model's objective counts against other models'; 1 by default.</summary>
    public double SloWeight { get; init; } = 1;

    /// <summary>Which requests with a deadline are let in.</summary>
    public AdmissionRule Rule { get; init; } = AdmissionRule.Deadline;

    /// <summary>The request's own priority, or the default.</summary>
    public ulong PriorityOf(InferenceCall request) =>
        request.PriorityLevel == 0 ? DefaultPriority : request.PriorityLevel;

    /// <summary>What is said of requests of a priority.</summary>
    public LevelPolicy Of(ulong priority) => Levels?.GetValueOrDefault(priority) ?? Default;

    /// <summary>The request's own latency objective, or the model's, in milliseconds.</summary>
    public double SloOf(InferenceCall request) => request.SloP99Ms > 0 ? request.SloP99Ms : SloP99Ms;
}
