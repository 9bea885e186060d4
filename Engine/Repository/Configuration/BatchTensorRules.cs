using Google.Protobuf.Collections;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What <c>batch_input</c> and <c>batch_output</c> must be to the configured tensors. Pure.</summary>
internal static class BatchTensorRules
{
    /// <exception cref="ModelLoadException">One names what is not there; the message says what is allowed.</exception>
    public static void Require(ModelConfig config)
    {
        string[] inputs = [.. config.Input.Select(input => input.Name)];
        string[] outputs = [.. config.Output.Select(output => output.Name)];
        foreach (BatchInput input in config.BatchInput)
        {
            RequireSource(
                $"batch input kind '{Name(BatchInput.Descriptor, (int)input.Kind)}'",
                input.SourceInput,
                inputs
            );
        }
        HashSet<string> targets = [];
        foreach (BatchOutput output in config.BatchOutput)
        {
            foreach (string target in output.TargetName)
            {
                RequireKnown("target output", target, outputs);
                if (!targets.Add(target))
                {
                    throw new ModelLoadException($"target output name '{target}' can only be specified once");
                }
            }
            RequireSource(
                $"batch output kind '{Name(BatchOutput.Descriptor, (int)output.Kind)}'",
                output.SourceInput,
                inputs
            );
        }
    }

    private static void RequireSource(string kind, RepeatedField<string> sources, string[] inputs)
    {
        if (sources.Count != 1)
        {
            throw new ModelLoadException($"{kind} expects 1 source input, got {sources.Count}");
        }
        RequireKnown("source input", sources[0], inputs);
    }

    /// <summary>A configuration that names no tensors is completed from the model's file, and checked there.</summary>
    private static void RequireKnown(string role, string name, string[] known)
    {
        if (known.Length > 0 && !known.Contains(name))
        {
            throw new ModelLoadException($"unknown {role} name '{name}'; there are: {string.Join(", ", known)}");
        }
    }

    private static string Name(Google.Protobuf.Reflection.MessageDescriptor message, int kind) =>
        message.FindFieldByName("kind").EnumType.FindValueByNumber(kind)?.Name ?? $"{kind}";
}
