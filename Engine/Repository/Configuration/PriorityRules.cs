using OrleansInference.Engine.Sessions;
using QueuePolicy = OrleansInference.Protocol.ModelQueuePolicy;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What the priorities of <c>dynamic_batching</c> must be to each other. Pure.</summary>
internal static class PriorityRules
{
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
        if (levels > 1)
        {
            throw new ModelLoadException(
                $"Only one priority level is allowed when 'preserve_ordering' is true for {model}; it has {levels}"
            );
        }
        IEnumerable<QueuePolicy?> policies = batching.PriorityQueuePolicy.Values.Append(batching.DefaultQueuePolicy);
        if (policies.Any(policy => policy?.TimeoutAction == QueuePolicy.Types.TimeoutAction.Delay))
        {
            throw new ModelLoadException(
                $"Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for {model}"
            );
        }
    }
}
