using System.Collections.Frozen;
using System.Globalization;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Engine.Repository;

/// <summary>What a configuration says of a replica's queue and batches. Pure.</summary>
internal static class ReplicaSettings
{
    private const double DefaultSloFactor = 5;
    private const double FallbackSloMs = 100;

    /// <summary>A model of microseconds is not late because a thread was.</summary>
    private const double LeastSloMs = 5;

    /// <summary>
    /// Runs at once: the configured instances, and as many as there are threads for where no group is configured, or for
    /// each that names no count.
    /// </summary>
    public static int Instances(ModelConfig config, int engineThreads, int sessionThreads)
    {
        int standard = Math.Max(1, engineThreads / sessionThreads);
        int instances = config.InstanceGroup.Sum(group => group.Count > 0 ? group.Count : standard);
        return instances > 0 ? instances : standard;
    }

    /// <summary>The batching knobs to start with.</summary>
    /// <exception cref="ModelLoadException">A preferred size of batches is more than one may have.</exception>
    public static BatchLimits Limits(ModelConfig config, ModelSignature signature, int instances, EngineOptions options)
    {
        int maxRows = Math.Max(1, signature.MaxBatchSize);
        return new BatchLimits
        {
            MaxRows = maxRows,
            KeepsWhole = signature.IsRagged,
            FillToMax = config.DynamicBatching is not null || config.SequenceBatching is not null,
            PreferredRows = [.. PreferredRows(config, maxRows).Order()],
            EnoughRows = EnoughRows(config, maxRows),
            MaxDelay = TimeSpan.FromMicroseconds(Delay(config)),
            Concurrency = instances,
            MaxQueuedRequests = MaxQueuedRequests(config, options),
        };
    }

    /// <summary>Priorities, deadlines and objectives.</summary>
    public static QueuePolicy Queue(ModelConfig config, double firstRowSeconds)
    {
        ulong levels = config.DynamicBatching?.PriorityLevels ?? 0;
        bool hasLevels = levels > 0;
        double measuredSlo =
            firstRowSeconds > 0 ? Math.Max(LeastSloMs, firstRowSeconds * 1000 * DefaultSloFactor) : FallbackSloMs;
        return new QueuePolicy
        {
            PriorityLevels = levels,
            DefaultPriority = hasLevels ? config.DynamicBatching!.DefaultPriorityLevel : uint.MaxValue,
            PreservesOrder =
                config.DynamicBatching?.PreserveOrdering ?? config.SequenceBatching?.Oldest?.PreserveOrdering ?? false,
            Default = Level(config.DynamicBatching?.DefaultQueuePolicy ?? new ModelQueuePolicy(), hasLevels),
            Levels =
                hasLevels && config.DynamicBatching!.PriorityQueuePolicy.Count > 0
                    ? config.DynamicBatching.PriorityQueuePolicy.ToFrozenDictionary(
                        pair => pair.Key,
                        pair => Level(pair.Value, hasLevels)
                    )
                    : null,
            SloP99Ms = Parameter(config, "slo_p99_ms", measuredSlo, 1e-3, 1e9),
            SloWeight = Parameter(config, "slo_weight", 1, 1e-6, 1e6),
        };
    }

    /// <summary>A numeric entry of the configuration's <c>parameters</c>.</summary>
    /// <exception cref="ModelLoadException">It is no number in the range.</exception>
    public static double Parameter(ModelConfig config, string key, double fallback, double low, double high)
    {
        if (!config.Parameters.TryGetValue(key, out ModelParameter? parameter))
        {
            return fallback;
        }
        return
            double.TryParse(parameter.StringValue, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= low
            && value <= high
            ? value
            : throw new ModelLoadException(
                $"parameter {key} is '{parameter.StringValue}'; a number from {low} to {high} is allowed"
            );
    }

    /// <summary>A true or false entry of the configuration's <c>parameters</c>.</summary>
    /// <exception cref="ModelLoadException">It is neither.</exception>
    public static bool Flag(ModelConfig config, string key)
    {
        if (!config.Parameters.TryGetValue(key, out ModelParameter? parameter))
        {
            return false;
        }
        return bool.TryParse(parameter.StringValue, out bool value)
            ? value
            : throw new ModelLoadException($"parameter {key} is '{parameter.StringValue}'; true or false is allowed");
    }

    /// <summary>Without levels, the queue's own limit holds: there is one line.</summary>
    private static LevelPolicy Level(ModelQueuePolicy policy, bool hasLevels) =>
        new()
        {
            DefaultTimeout = Timeout(policy.DefaultTimeoutMicroseconds),
            AllowTimeoutOverride = policy.AllowTimeoutOverride,
            RejectOverdue = policy.TimeoutAction != ModelQueuePolicy.Types.TimeoutAction.Delay,
            MaxQueuedRequests = hasLevels ? (int)Math.Min(policy.MaxQueueSize, int.MaxValue) : 0,
        };

    private static TimeSpan Timeout(ulong microseconds) =>
        microseconds < TimeSpan.MaxValue.TotalMicroseconds / 2
            ? TimeSpan.FromMicroseconds(microseconds)
            : TimeSpan.MaxValue;

    /// <summary>
    /// What the configuration says of the queue. Where each level has a limit of its own, the queue holds at least the
    /// largest of them.
    /// </summary>
    private static int MaxQueuedRequests(ModelConfig config, EngineOptions options)
    {
        if (config.DynamicBatching is not { } batching)
        {
            return options.MaxQueuedRequests;
        }
        uint size = batching.DefaultQueuePolicy?.MaxQueueSize ?? 0;
        if (batching.PriorityLevels > 0)
        {
            size = batching.PriorityQueuePolicy.Values.Select(policy => policy.MaxQueueSize).Append(size).Max();
            size = Math.Max(size, (uint)options.MaxQueuedRequests);
        }
        return size > 0 ? (int)Math.Min(size, int.MaxValue) : options.MaxQueuedRequests;
    }

    private static IEnumerable<int> PreferredRows(ModelConfig config, int maxRows)
    {
        IEnumerable<int> sizes =
            config.SequenceBatching?.Oldest?.PreferredBatchSize
            ?? config.DynamicBatching?.PreferredBatchSize
            ?? Enumerable.Empty<int>();
        // Where the server found out that rows may not share runs, the sizes are not the operator's mistake.
        int most = config.HasMaxBatchSize || config.Input.Count > 0 ? maxRows : int.MaxValue;
        foreach (int size in sizes.Where(size => size < 1 || size > most))
        {
            throw new ModelLoadException(
                $"preferred_batch_size has {size}; with max_batch_size {config.MaxBatchSize}, "
                    + (config.MaxBatchSize > 0 ? $"1 to {most} is allowed" : "none is allowed")
            );
        }
        return sizes.Where(size => size <= maxRows);
    }

    /// <summary>Slots of the direct strategy that are filled where their batch runs ahead of its delay.</summary>
    private static int EnoughRows(ModelConfig config, int maxRows) =>
        config.SequenceBatching?.Direct is { } direct ? (int)Math.Ceiling(direct.MinimumSlotUtilization * maxRows) : 0;

    private static double Delay(ModelConfig config) =>
        config.DynamicBatching?.MaxQueueDelayMicroseconds
        ?? config.SequenceBatching?.Oldest?.MaxQueueDelayMicroseconds
        // As Triton has it: without a minimum that is to be filled, no slot waits for another.
        ?? (
            config.SequenceBatching?.Direct is { MinimumSlotUtilization: > 0 } direct
                ? direct.MaxQueueDelayMicroseconds
                : 0
        );
}
