using OrleansInference.Engine.Sessions;
using Control = OrleansInference.Protocol.ModelSequenceBatching.Types.Control;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What fields of a configuration must be to each other, whatever the model's file says. Pure.</summary>
internal static class ConfigRules
{
    /// <summary>Refuses fields that contradict each other, or have a value that means nothing.</summary>
    /// <exception cref="ModelLoadException">There is such a field; the message names it and what is allowed.</exception>
    public static void Require(ModelConfig config)
    {
        RequireTensors(config);
        RequireInstances(config);
        if (config.DynamicBatching is { } dynamic)
        {
            RequirePriorities(dynamic);
        }
        if (config.SequenceBatching is { } sequences)
        {
            RequireControls(sequences);
        }
    }

    /// <summary>A sentence for each value that has no effect beside the others.</summary>
    public static IEnumerable<string> Warnings(ModelConfig config)
    {
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
        bool isEnsemble = config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling;
        if (isEnsemble && config.InstanceGroup.Count > 0)
        {
            yield return "instance_group has no effect on an ensemble: its steps have their own";
        }
        if (isEnsemble && config.ModelWarmup.Count > 0)
        {
            yield return "model_warmup has no effect on an ensemble: its steps have their own";
        }
    }

    private static void RequireTensors(ModelConfig config)
    {
        RequireOnce(config.Input.Select(input => input.Name), "input");
        RequireOnce(config.Output.Select(output => output.Name), "output");
        IEnumerable<long> sizes = config
            .Input.SelectMany(input => input.Dims.Concat(input.Reshape?.Shape ?? []))
            .Concat(config.Output.SelectMany(output => output.Dims.Concat(output.Reshape?.Shape ?? [])));
        foreach (long size in sizes.Where(size => size < -1))
        {
            throw new ModelLoadException($"config.pbtxt has dimension {size}; 0 or more is allowed, and -1 for any");
        }
        bool isReshaped =
            config.Input.Any(one => one.Reshape is not null) || config.Output.Any(one => one.Reshape is not null);
        if (isReshaped && config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling)
        {
            throw new ModelLoadException("an ensemble has no shape of its own to reshape to; say it at its steps");
        }
        foreach (ModelInput input in config.Input)
        {
            if (input.Format != ModelInput.Types.Format.None && input.Dims.Count != 3)
            {
                throw new ModelLoadException(
                    $"input '{input.Name}' has a format of pictures, which have 3 dims; it has {input.Dims.Count}"
                );
            }
        }
    }

    private static void RequireOnce(IEnumerable<string> names, string role)
    {
        if (names.GroupBy(name => name).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new ModelLoadException($"config.pbtxt has {role} '{twice.Key}' twice; a name stands for one tensor");
        }
    }

    private static void RequireInstances(ModelConfig config)
    {
        if (config.InstanceGroup.FirstOrDefault(group => group.Count < 0) is { } group)
        {
            throw new ModelLoadException(
                $"instance_group count is {group.Count}; 1 or more is allowed, and 0 for the default"
            );
        }
        if (config.InstanceGroup.SelectMany(group => group.Gpus).FirstOrDefault(gpu => gpu < 0) is < 0 and int negative)
        {
            throw new ModelLoadException($"instance_group gpus has {negative}; devices are numbered from 0");
        }
    }

    private static void RequirePriorities(ModelDynamicBatching batching)
    {
        ulong levels = batching.PriorityLevels;
        if (levels == 0)
        {
            return;
        }
        if (levels > 1 && batching.PreserveOrdering)
        {
            throw new ModelLoadException(
                $"only one priority level is allowed when 'preserve_ordering' is true; priority_levels is {levels}"
            );
        }
        if (batching.DefaultPriorityLevel == 0 || batching.DefaultPriorityLevel > levels)
        {
            throw new ModelLoadException(
                $"default priority level must be in range [1, {levels}]: default_priority_level is "
                    + $"{batching.DefaultPriorityLevel}"
            );
        }
        foreach (ulong level in batching.PriorityQueuePolicy.Keys.Where(level => level == 0 || level > levels))
        {
            throw new ModelLoadException(
                $"priority queue policy must have priority level in range [1, {levels}]: priority_queue_policy has "
                    + $"key {level}"
            );
        }
    }

    /// <summary>Each kind tells one thing of a sequence, and a tensor can only hold one.</summary>
    private static void RequireControls(ModelSequenceBatching batching)
    {
        if (batching.Direct is { } direct && direct.MinimumSlotUtilization is not (>= 0 and <= 1))
        {
            throw new ModelLoadException(
                $"minimum_slot_utilization is {direct.MinimumSlotUtilization}; a number from 0 to 1 is allowed"
            );
        }
        (string Name, Control.Types.Kind Kind)[] controls =
        [
            .. batching.ControlInput.SelectMany(input => input.Control.Select(control => (input.Name, control.Kind))),
        ];
        foreach (IGrouping<Control.Types.Kind, string> kind in controls.GroupBy(one => one.Kind, one => one.Name))
        {
            if (kind.Skip(1).Any())
            {
                throw new ModelLoadException(
                    $"sequence_batching has control {Name(kind.Key)} in '{string.Join("' and '", kind)}'; one tensor "
                        + $"may have it"
                );
            }
        }
        foreach (IGrouping<string, Control.Types.Kind> tensor in controls.GroupBy(one => one.Name, one => one.Kind))
        {
            if (tensor.Skip(1).Any())
            {
                throw new ModelLoadException(
                    $"control_input '{tensor.Key}' is given {string.Join(" and ", tensor.Select(Name))}; a tensor "
                        + $"holds one control"
                );
            }
        }
    }

    private static string Name(Control.Types.Kind kind) =>
        Control.Descriptor.FindFieldByName("kind").EnumType.FindValueByNumber((int)kind)?.Name ?? kind.ToString();
}
