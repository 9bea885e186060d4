using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>What a configuration's groups of instances must be. Pure.</summary>
internal static class InstanceRules
{
    /// <exception cref="ModelLoadException">A group cannot be; the message names it and what is allowed.</exception>
    public static void Require(ModelConfig config, string model)
    {
        for (int i = 0; i < config.InstanceGroup.Count; i++)
        {
            ModelInstanceGroup group = config.InstanceGroup[i];
            string name = $"instance group {(group.Name.Length > 0 ? group.Name : $"{model}_{i}")} of model {model}";
            if (group.Count < 0)
            {
                throw new ModelLoadException(
                    $"{name} has count {group.Count}; 1 or more is allowed, and 0 for the default"
                );
            }
            if (group.Kind == ModelInstanceGroup.Types.Kind.Cpu && group.Gpus.Count > 0)
            {
                throw new ModelLoadException($"{name} has kind KIND_CPU but specifies one or more GPUs");
            }
            if (group.Gpus.Any(gpu => gpu < 0))
            {
                throw new ModelLoadException(
                    $"{name} specifies invalid or unsupported gpu id {group.Gpus.First(gpu => gpu < 0)}. "
                        + $"GPUs with at least the minimum required CUDA compute compatibility are numbered from 0"
                );
            }
        }
    }
}
