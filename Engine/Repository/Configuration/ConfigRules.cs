using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What fields of a configuration must be to each other, whatever the model's file says. Pure.</summary>
internal static class ConfigRules
{
    /// <summary>Refuses fields that contradict each other, or have a value that means nothing.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="model">The model's name, for messages. They begin in Triton's words, which clients know.</param>
    /// <exception cref="ModelLoadException">There is such a field; the message names it and what is allowed.</exception>
    public static void Require(ModelConfig config, string model)
    {
        TensorRules.Require(config, model);
        BatchTensorRules.Require(config);
        InstanceRules.Require(config, model);
        EnsembleRules.Require(config, model);
        if (config.DynamicBatching is { } dynamic)
        {
            PriorityRules.Require(dynamic, model);
        }
        if (config.ModelMetrics is { } metrics)
        {
            MetricRules.Require(metrics, model);
        }
        if (config.SequenceBatching is { } sequences)
        {
            SequenceRules.Require(sequences, model);
        }
    }

    /// <summary>A sentence for each value that has no effect beside the others.</summary>
    public static IEnumerable<string> Warnings(ModelConfig config)
    {
        foreach (string warning in config.ModelMetrics is { } metrics ? MetricRules.Warnings(metrics) : [])
        {
            yield return warning;
        }
        foreach (string warning in config.DynamicBatching is { } batching ? PriorityRules.Warnings(batching) : [])
        {
            yield return warning;
        }
        if (config.DynamicBatching is { PriorityLevels: 0, DefaultPriorityLevel: > 0 })
        {
            yield return "dynamic_batching.default_priority_level has no effect without priority_levels";
        }
        if (config.DynamicBatching is { PriorityLevels: 0, PriorityQueuePolicy.Count: > 0 })
        {
            yield return "dynamic_batching.priority_queue_policy has no effect without priority_levels";
        }
        if (config.InstanceGroup.Skip(1).Any(group => group.Kind != config.InstanceGroup[0].Kind))
        {
            yield return "instance_group.kind has no effect from the second group on: all instances share one session";
        }
        IEnumerable<int> gpus = config.InstanceGroup.SelectMany(group => group.Gpus).Distinct();
        if (gpus.Skip(1).Any())
        {
            yield return "instance_group.gpus has no effect but for the first one: a model runs on one GPU of a node";
        }
    }
}
