using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What an ensemble's configuration must be, whatever its models are. Pure.</summary>
internal static class EnsembleRules
{
    private const string Platform = "ensemble";

    /// <exception cref="ModelLoadException">It cannot run; the message says where it is wrong.</exception>
    public static void Require(ModelConfig config, string model)
    {
        bool schedules = config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling;
        if ((schedules || config.Platform == Platform) && config.Backend.Length > 0)
        {
            throw new ModelLoadException(
                $"Ensemble model '{model}' must have platform type 'ensemble' and empty backend type; its backend is "
                    + $"'{config.Backend}'"
            );
        }
        if (schedules && config.Platform.Length > 0 && config.Platform != Platform)
        {
            throw new ModelLoadException(
                $"ensemble scheduling cannot be set for model '{model}' whose platform is not ensemble; it is "
                    + $"'{config.Platform}'"
            );
        }
        if (!schedules && config.Platform == Platform)
        {
            throw new ModelLoadException(
                $"ensemble scheduling must be set for ensemble {model} whose platform is ensemble"
            );
        }
        if (schedules)
        {
            RequireNothingOfItsOwn(config, model);
            RequireSteps(config, model);
            RequireConnections(config, model);
        }
    }

    /// <summary>What an ensemble has no instances for is said at its steps.</summary>
    private static void RequireNothingOfItsOwn(ModelConfig config, string model)
    {
        if (config.InstanceGroup.Count > 0)
        {
            throw new ModelLoadException($"instance group should not be specified for ensemble '{model}'");
        }
        if (config.Optimization is not null)
        {
            throw new ModelLoadException($"optimization should not be specified for ensemble '{model}'");
        }
        if (config.ModelWarmup.Count > 0)
        {
            throw new ModelLoadException($"model_warmup can not be specified for ensemble '{model}'");
        }
        if (config.Input.Count == 0 || config.Output.Count == 0)
        {
            throw new ModelLoadException($"ensemble '{model}' must configure its input and output");
        }
    }

    private static void RequireSteps(ModelConfig config, string model)
    {
        if (config.EnsembleScheduling.Step.Count == 0)
        {
            throw new ModelLoadException($"must specify 'step' for ensemble '{model}'");
        }
        HashSet<string> made = [.. config.Input.Select(input => input.Name)];
        for (int i = 0; i < config.EnsembleScheduling.Step.Count; i++)
        {
            ModelEnsembling.Types.Step step = config.EnsembleScheduling.Step[i];
            string? lacks =
                step.ModelName.Length == 0 ? "model_name"
                : step.InputMap.Count == 0 ? "input_map"
                : step.OutputMap.Count == 0 ? "output_map"
                : null;
            if (lacks is not null)
            {
                throw new ModelLoadException($"must specify '{lacks}' in step {i} of ensemble '{model}'");
            }
            foreach (string tensor in step.OutputMap.Values.Where(tensor => !made.Add(tensor)))
            {
                throw new ModelLoadException(
                    $"ensemble tensor '{tensor}' can appear in an output map only once for ensemble '{model}', and an "
                        + $"input of the ensemble in none"
                );
            }
        }
    }

    /// <summary>Every tensor is made by something and read by something.</summary>
    private static void RequireConnections(ModelConfig config, string model)
    {
        IReadOnlyList<ModelEnsembling.Types.Step> steps = config.EnsembleScheduling.Step;
        HashSet<string> read = [.. steps.SelectMany(step => step.InputMap.Values)];
        HashSet<string> made = [.. steps.SelectMany(step => step.OutputMap.Values)];
        foreach (string input in config.Input.Select(input => input.Name).Where(input => !read.Contains(input)))
        {
            // Triton's text lacks the same quotation mark, here and below, and clients look for it.
            throw new ModelLoadException($"ensemble input '{input}' for ensemble {model}' is not used");
        }
        HashSet<string> outputs = [.. config.Output.Select(output => output.Name)];
        HashSet<string> known = [.. config.Input.Select(input => input.Name), .. made];
        foreach (string output in outputs.Where(output => !known.Contains(output)))
        {
            throw new ModelLoadException(
                $"ensemble output '{output}' for ensemble {model}' is not used: no step makes it; there are: "
                    + $"{string.Join(", ", made)}"
            );
        }
        foreach (string tensor in made.Where(tensor => !read.Contains(tensor) && !outputs.Contains(tensor)))
        {
            throw new ModelLoadException($"ensemble tensor '{tensor}' is unused in ensemble '{model}'");
        }

        HashSet<string> ready = Reachable(config);
        foreach (string output in outputs.Where(output => !ready.Contains(output)))
        {
            string[] missing = [.. Needs(steps, output).Where(tensor => !known.Contains(tensor))];
            string why =
                missing.Length > 0
                    ? $": at least one of its depending tensors, '{missing[0]}', is not connected"
                    : ": the steps that make it wait for each other in a circle";
            throw new ModelLoadException($"output '{output}' for ensemble '{model}' is not written{why}");
        }
        foreach (string tensor in read.Where(tensor => !ready.Contains(tensor)))
        {
            throw new ModelLoadException(
                $"ensemble tensor '{tensor}' of ensemble '{model}' is not written: no step makes it, or in a circle"
            );
        }
    }

    /// <summary>What has been made when no step can run any more.</summary>
    private static HashSet<string> Reachable(ModelConfig config)
    {
        HashSet<string> ready = [.. config.Input.Select(input => input.Name)];
        List<ModelEnsembling.Types.Step> left = [.. config.EnsembleScheduling.Step];
        while (left.FindAll(step => step.InputMap.Values.All(ready.Contains)) is { Count: > 0 } runnable)
        {
            ready.UnionWith(runnable.SelectMany(step => step.OutputMap.Values));
            left.RemoveAll(runnable.Contains);
        }
        return ready;
    }

    private static HashSet<string> Needs(IReadOnlyList<ModelEnsembling.Types.Step> steps, string tensor)
    {
        HashSet<string> needs = [tensor];
        int before;
        do
        {
            before = needs.Count;
            needs.UnionWith(
                steps.Where(step => step.OutputMap.Values.Any(needs.Contains)).SelectMany(step => step.InputMap.Values)
            );
        } while (needs.Count > before);
        return needs;
    }
}
