using Google.Protobuf.Collections;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sequences;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Writes what was completed from the ONNX file back into the configuration, for the protocol's config call. Pure.
/// </summary>
internal static class ConfigCompletion
{
    public static ModelConfig Complete(
        ModelConfig config,
        string name,
        ModelSignature signature,
        SequencePolicy? sequences,
        string provider,
        int instances
    )
    {
        ModelConfig complete = config.Clone();
        complete.Name = name;
        if (complete.Platform.Length == 0)
        {
            complete.Platform = "onnxruntime_onnx";
        }
        if (complete.Backend.Length == 0)
        {
            complete.Backend = "onnxruntime";
        }
        if (complete.DefaultModelFilename.Length == 0)
        {
            complete.DefaultModelFilename = "model.onnx";
        }
        complete.VersionPolicy ??= LatestOnly();
        complete.MaxBatchSize = signature.MaxBatchSize;
        foreach (
            TensorSpec spec in signature.Inputs.Where(spec =>
                sequences?.IsHiddenInput(spec.Name) != true && complete.Input.All(input => input.Name != spec.Name)
            )
        )
        {
            complete.Input.Add(
                new ModelInput
                {
                    Name = spec.Name,
                    DataType = ConfiguredTypes.ToConfigured(spec.Datatype),
                    Dims = { Dims(spec) },
                    Optional = spec.IsOptional,
                }
            );
        }

        foreach (
            TensorSpec spec in signature.Outputs.Where(spec =>
                sequences?.IsHiddenOutput(spec.Name) != true && complete.Output.All(output => output.Name != spec.Name)
            )
        )
        {
            complete.Output.Add(
                new ModelOutput
                {
                    Name = spec.Name,
                    DataType = ConfiguredTypes.ToConfigured(spec.Datatype),
                    Dims = { Dims(spec) },
                }
            );
        }

        if (complete.InstanceGroup.Count == 0)
        {
            bool onDevice = provider == ExecutionProviderChoice.Cuda;
            complete.InstanceGroup.Add(
                new ModelInstanceGroup
                {
                    Name = name,
                    Count = instances,
                    Kind = onDevice ? ModelInstanceGroup.Types.Kind.Gpu : ModelInstanceGroup.Types.Kind.Cpu,
                }
            );
        }

        CompleteGroups(complete.InstanceGroup, name, instances);
        return complete;
    }

    /// <summary>As Triton numbers and counts them; the instances that are left belong to groups that name no count.</summary>
    private static void CompleteGroups(RepeatedField<ModelInstanceGroup> groups, string name, int instances)
    {
        int counted = groups.Sum(group => group.Count);
        int uncounted = Math.Max(1, groups.Count(group => group.Count == 0));
        for (int i = 0; i < groups.Count; i++)
        {
            if (groups[i].Name.Length == 0)
            {
                groups[i].Name = $"{name}_{i}";
            }
            if (groups[i].Count == 0)
            {
                groups[i].Count = (instances - counted) / uncounted;
            }
        }
    }

    /// <summary>An ensemble's, whose tensors are all configured.</summary>
    public static ModelConfig Ensemble(ModelConfig config, string name)
    {
        ModelConfig complete = config.Clone();
        complete.Name = name;
        complete.Platform = "ensemble";
        complete.VersionPolicy ??= LatestOnly();
        complete.ModelTransactionPolicy ??= new ModelTransactionPolicy();
        return complete;
    }

    private static ModelVersionPolicy LatestOnly() =>
        new() { Latest = new ModelVersionPolicy.Types.Latest { NumVersions = 1 } };

    private static long[] Dims(TensorSpec spec) => spec.Dimensions[(spec.IsBatched ? 1 : 0)..];
}
