using Google.Protobuf.Collections;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Reads <c>allow_ragged_batch</c>, <c>batch_input</c> and <c>batch_output</c> against a model's tensors. Pure.
/// </summary>
internal static class RaggedReader
{
    private static readonly TensorDatatype[] CountTypes = [TensorDatatype.Int32, TensorDatatype.Fp32];

    /// <summary>
    /// Takes the batch inputs out of the graph's inputs, and gives ragged inputs and scattered outputs the shapes that
    /// callers see.
    /// </summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="outputs">The graph's outputs.</param>
    /// <exception cref="ModelLoadException">Configuration and model disagree.</exception>
    public static BatchInputSpec[] Read(ModelConfig config, List<TensorSpec> inputs, List<TensorSpec> outputs)
    {
        bool isRagged = config.Input.Any(input => input.AllowRaggedBatch);
        if (!isRagged && config.BatchInput.Count == 0 && config.BatchOutput.Count == 0)
        {
            return [];
        }
        if (config.MaxBatchSize <= 0)
        {
            throw new ModelLoadException(
                "allow_ragged_batch, batch_input and batch_output need a max_batch_size of 1 or more"
            );
        }
        foreach (ModelInput input in config.Input.Where(input => input.AllowRaggedBatch))
        {
            Flatten(input, inputs);
        }
        List<(TensorSpec Target, BatchInput Config)> targets = [];
        foreach (BatchInput batchInput in config.BatchInput)
        {
            RequireSources("batch_input", batchInput.SourceInput, batchInput.TargetName.Count, config);
            targets.AddRange(
                batchInput.TargetName.Select(name => (Take(name, batchInput, inputs, config), batchInput))
            );
        }
        foreach (BatchOutput batchOutput in config.BatchOutput)
        {
            RequireSources("batch_output", batchOutput.SourceInput, batchOutput.TargetName.Count, config);
            foreach (string name in batchOutput.TargetName)
            {
                Scatter(name, IndexOf(inputs, batchOutput.SourceInput[0], "batch_output"), config, outputs);
            }
        }
        return
        [
            .. targets.Select(pair => new BatchInputSpec(
                pair.Target.Name,
                pair.Target.Datatype,
                pair.Config.Kind,
                IndexOf(inputs, pair.Config.SourceInput[0], "batch_input")
            )),
        ];
    }

    /// <summary>The requests' tensors come to the graph one behind the other, in one dimension.</summary>
    private static void Flatten(ModelInput input, List<TensorSpec> inputs)
    {
        int index = inputs.FindIndex(spec => spec.Name == input.Name);
        // A name that the model does not have is refused with all others.
        if (index < 0)
        {
            return;
        }
        TensorSpec spec = inputs[index];
        if (spec.Dimensions is not [-1] || spec.IsOptional || input.Reshape is not null)
        {
            throw new ModelLoadException(
                $"input '{input.Name}' has allow_ragged_batch, which needs a required input of one free dimension "
                    + $"without reshape; the model has {TensorShape.Format(spec.Dimensions)}"
            );
        }
        inputs[index] = spec with { Dimensions = [-1, .. input.Dims], IsRagged = true };
    }

    private static TensorSpec Take(string name, BatchInput batchInput, List<TensorSpec> inputs, ModelConfig config)
    {
        int index = IndexOf(inputs, name, "batch_input");
        TensorSpec spec = inputs[index];
        if (config.Input.Any(input => input.Name == name))
        {
            throw new ModelLoadException($"batch_input '{name}' is an input of requests too; a tensor is one of both");
        }
        if (ConfiguredTypes.ToDatatype(batchInput.DataType) != spec.Datatype || !CountTypes.Contains(spec.Datatype))
        {
            throw new ModelLoadException(
                $"batch_input '{name}' is {batchInput.DataType}, the model has {spec.Datatype.WireName()}; both must be "
                    + "TYPE_INT32 or TYPE_FP32"
            );
        }
        int rank = batchInput.Kind == BatchInput.Types.Kind.BatchItemShape ? 2 : 1;
        if (spec.Dimensions.Length != rank || spec.Dimensions[0] != -1)
        {
            throw new ModelLoadException(
                $"batch_input '{name}' needs {rank} dimensions, the first of them free; the model has "
                    + TensorShape.Format(spec.Dimensions)
            );
        }
        inputs.RemoveAt(index);
        return spec;
    }

    /// <summary>Each request gets as many elements of the output as it gave of the source.</summary>
    private static void Scatter(string name, int source, ModelConfig config, List<TensorSpec> outputs)
    {
        int index = IndexOf(outputs, name, "batch_output");
        TensorSpec spec = outputs[index];
        ModelOutput? output = config.Output.FirstOrDefault(output => output.Name == name);
        if (spec.Dimensions is not [-1] || output?.Reshape is not null)
        {
            throw new ModelLoadException(
                $"batch_output '{name}' needs an output of one free dimension without reshape; the model has "
                    + TensorShape.Format(spec.Dimensions)
            );
        }
        long[] dims = output is null ? [-1] : [.. output.Dims];
        outputs[index] = spec with { Dimensions = [-1, .. dims], ScatterSource = source };
    }

    private static void RequireSources(string field, RepeatedField<string> sources, int targets, ModelConfig config)
    {
        if (sources.Count != 1 || targets == 0)
        {
            throw new ModelLoadException(
                $"{field} has {sources.Count} source_input and {targets} target_name; one source_input and at least one "
                    + "target_name are allowed"
            );
        }
        if (config.Input.All(input => input.Name != sources[0]))
        {
            throw new ModelLoadException(
                $"{field} has source_input '{sources[0]}'; the inputs are: "
                    + string.Join(", ", config.Input.Select(input => input.Name))
            );
        }
    }

    private static int IndexOf(List<TensorSpec> specs, string name, string field)
    {
        int index = specs.FindIndex(spec => spec.Name == name && !spec.IsOptional);
        return index >= 0
            ? index
            : throw new ModelLoadException(
                $"{field} names '{name}'; the model has: {string.Join(", ", specs.Select(spec => spec.Name))}"
            );
    }
}
