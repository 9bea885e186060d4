using OrleansInference.Engine.Sessions;
using QueuePolicy = OrleansInference.Protocol.ModelQueuePolicy;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What the priorities of <c>dynamic_batching</c> must be to each other. Pure.</summary>
internal static class PriorityRules
{
    /// <summary>Shortest time in a queue that anything but an idle server keeps, in microseconds.</summary>
    private const ulong ShortTimeout = 100;

    /// <exception cref="ModelLoadException">They contradict each other; the message says what is allowed.</exception>
    public static void Require(ModelDynamicBatching batching, string model)
    {
        ulong levels = batching.PriorityLevels;
        if (levels > 0 && (batching.DefaultPriorityLevel == 0 || batching.DefaultPriorityLevel > levels))
        {
            throw new ModelLoadException(
                $"default priority level must be in range [1, {levels}] for {model}; it is "
                    + $"{batching.DefaultPriorityLevel}"
            );
        }
        IEnumerable<ulong> configured = levels > 0 ? batching.PriorityQueuePolicy.Keys : [];
        foreach (ulong level in configured.Where(level => level == 0 || level > levels))
        {
            throw new ModelLoadException(
                $"priority queue policy must have priority level in range [1, {levels}] for {model}; it has {level}"
            );
        }
        if (!batching.PreserveOrdering)
        {
            return;
        }
        IEnumerable<QueuePolicy?> policies = batching.PriorityQueuePolicy.Values.Append(batching.DefaultQueuePolicy);
        if (policies.Any(policy => policy?.TimeoutAction == QueuePolicy.Types.TimeoutAction.Delay))
        {
            throw new ModelLoadException(
                $"Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for {model}"
            );
        }
    }

    /// <summary>A sentence for each value that hardly does what was meant.</summary>
    public static IEnumerable<string> Warnings(ModelDynamicBatching batching)
    {
        if (batching is { PreserveOrdering: true, PriorityLevels: > 1 })
        {
            yield return "dynamic_batching.priority_levels changes only whose run comes first: with preserve_ordering "
                + "answers leave in the order in which requests came";
        }
        if (IsShort(batching.DefaultQueuePolicy))
        {
            yield return Short("default_queue_policy", batching.DefaultQueuePolicy);
        }
        foreach ((ulong level, QueuePolicy policy) in batching.PriorityQueuePolicy.OrderBy(pair => pair.Key))
        {
            if (IsShort(policy))
            {
                yield return Short($"priority_queue_policy of level {level}", policy);
            }
        }
    }

    private static bool IsShort(QueuePolicy? policy) =>
        policy is { DefaultTimeoutMicroseconds: > 0 and < ShortTimeout }
        && policy.TimeoutAction == QueuePolicy.Types.TimeoutAction.Reject;

    private static string Short(string name, QueuePolicy policy) =>
        $"dynamic_batching.{name} gives a request {policy.DefaultTimeoutMicroseconds} microseconds to wait: it is "
        + "refused unless it can run at once";
}
