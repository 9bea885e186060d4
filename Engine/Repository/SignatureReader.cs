using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository;

/// <summary>
/// Completes what a model takes and gives from its ONNX file, and checks the configuration against it.
/// </summary>
internal static class SignatureReader
{
    /// <summary>
    /// The signature. Without a configured <c>max_batch_size</c>, a model all of whose tensors have a free first
    /// dimension is taken to batch where <see cref="BatchingChoice"/> finds that proven.
    /// </summary>
    /// <param name="model">The model's name, for messages. They begin in Triton's words, which clients know.</param>
    /// <param name="session">The session.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="defaultMaxBatchSize">Rows that a model may batch that names no number of its own.</param>
    /// <param name="unranked">Tensors whose rank the file leaves open; the session reports them as scalars.</param>
    /// <param name="isComplete">Whether the configuration must name every input that a request has to give.</param>
    /// <exception cref="ModelLoadException">Model and configuration disagree, or a tensor is of an unsupported
    /// kind.</exception>
    public static ModelSignature Read(
        string model,
        InferenceSession session,
        ModelConfig config,
        int defaultMaxBatchSize,
        IReadOnlySet<string> unranked,
        bool isComplete = false
    )
    {
        List<TensorSpec> inputs =
        [
            .. session.InputNames.Select(name => Spec(name, session.InputMetadata[name], isOptional: false, "input")),
        ];
        inputs.AddRange(
            session.OverridableInitializerMetadata.Select(pair =>
                Spec(pair.Key, pair.Value, isOptional: true, "optional input")
            )
        );
        List<TensorSpec> outputs =
        [
            .. session.OutputNames.Select(name =>
                Spec(name, session.OutputMetadata[name], isOptional: false, "output")
            ),
        ];
        int required = inputs.Count(input => !input.IsOptional);
        RequireCount(model, "inputs", config.Input.Count, isComplete ? required : 0, inputs.Count);
        RequireCount(model, "outputs", config.Output.Count, 0, outputs.Count);
        inputs = [.. inputs.Select(spec => unranked.Contains(spec.Name) ? Ranked(spec, config, "input") : spec)];
        outputs = [.. outputs.Select(spec => unranked.Contains(spec.Name) ? Ranked(spec, config, "output") : spec)];

        BatchInputSpec[] batchInputs = RaggedReader.Read(config, inputs, outputs);
        bool canBatch = outputs
            .Concat(inputs.Where(input => !input.IsOptional))
            .All(spec => spec.Dimensions is [-1, ..]);
        // A configuration that names inputs and no max_batch_size means 0, as Triton reads it.
        int maxBatchSize =
            config.HasMaxBatchSize || config.Input.Count > 0 ? config.MaxBatchSize
            : canBatch ? defaultMaxBatchSize
            : 0;
        if (maxBatchSize > 0 && !canBatch)
        {
            TensorSpec culprit = inputs
                .Where(input => !input.IsOptional)
                .Concat(outputs)
                .First(spec => spec.Dimensions is not [-1, ..]);
            throw new ModelLoadException(
                $"autofill failed for model '{model}': model does not support batching while non-zero max_batch_size is "
                    + $"specified. max_batch_size is {maxBatchSize}, but '{culprit.Name}' has shape "
                    + $"{TensorShape.Format(culprit.Dimensions)}, whose first dimension is not free; set "
                    + $"max_batch_size: 0"
            );
        }

        bool batched = maxBatchSize > 0;
        TensorSpec[] batchedInputs = [.. inputs.Select(spec => spec with { IsBatched = batched && !spec.IsOptional })];
        TensorSpec[] batchedOutputs = [.. outputs.Select(spec => spec with { IsBatched = batched })];
        foreach (ModelInput input in config.Input)
        {
            Configure(model, input.Name, input.DataType, input.Dims, input.Reshape, batchedInputs, "input");
            if (input.Optional && batchedInputs.Any(spec => spec.Name == input.Name && !spec.IsOptional))
            {
                throw new ModelLoadException(
                    $"config.pbtxt has input '{input.Name}' as optional, the model has no default for it: a request must "
                        + $"give it"
                );
            }
        }
        foreach (ModelOutput output in config.Output)
        {
            Configure(model, output.Name, output.DataType, output.Dims, output.Reshape, batchedOutputs, "output");
        }
        return new ModelSignature
        {
            Inputs = batchedInputs,
            Outputs = batchedOutputs,
            MaxBatchSize = maxBatchSize,
            BatchInputs = batchInputs,
            IsRagged =
                batchInputs.Length > 0
                || inputs.Exists(input => input.IsRagged)
                || outputs.Exists(output => output.ScatterSource is not null),
        };
    }

    private static TensorSpec Spec(string name, NodeMetadata metadata, bool isOptional, string role)
    {
        if (metadata.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
        {
            throw new ModelLoadException(
                $"{role} '{name}' is a {metadata.OnnxValueType}, only tensors can be served (scikit-learn "
                    + $"models: export with zipmap=False)"
            );
        }

        TensorDatatype datatype = ElementTypes.ToDatatype(metadata.ElementDataType);
        if (datatype == TensorDatatype.None)
        {
            throw new ModelLoadException(
                $"{role} '{name}' has element type {metadata.ElementDataType}; allowed are {TensorDatatypes.AllNames}"
            );
        }

        return new TensorSpec
        {
            Name = name,
            Datatype = datatype,
            Dimensions = [.. metadata.Dimensions.Select(dimension => dimension < 0 ? -1L : dimension)],
            IsOptional = isOptional,
        };
    }

    /// <summary>
    /// Checks a configured tensor against the model's; a size that the model leaves free is what the configuration
    /// says.
    /// </summary>
    private static void Configure(
        string model,
        string name,
        DataType datatype,
        Google.Protobuf.Collections.RepeatedField<long> dims,
        ModelTensorReshape? reshape,
        TensorSpec[] specs,
        string role
    )
    {
        int index = Array.FindIndex(specs, candidate => candidate.Name == name);
        if (index < 0)
        {
            throw new ModelLoadException(
                $"unexpected inference {role} '{name}', allowed {role}s are: "
                    + $"{string.Join(", ", specs.Select(candidate => candidate.Name))}"
            );
        }
        TensorSpec spec = specs[index];
        TensorDatatype configured = ConfiguredTypes.ToDatatype(datatype);
        if (configured != TensorDatatype.None && configured != spec.Datatype)
        {
            throw new ModelLoadException(
                $"config.pbtxt gives {role} '{name}' datatype {configured.WireName()}, the model has "
                    + $"{spec.Datatype.WireName()}"
            );
        }

        if (dims.Count == 0 && reshape is null)
        {
            return;
        }
        long[] actual = spec.Dimensions[(spec.IsBatched ? 1 : 0)..];
        long[] outer = [.. dims];
        long[] inner =
            reshape is not null ? [.. reshape.Shape]
            // As Triton has it, a scalar is one element of any number of dimensions.
            : actual.Length == 0 && outer.All(size => size == 1) ? []
            : outer;
        bool agrees = inner.Length == actual.Length;
        for (int i = 0; agrees && i < inner.Length; i++)
        {
            agrees = inner[i] == actual[i] || inner[i] == -1 || actual[i] == -1;
        }
        if (!agrees)
        {
            throw new ModelLoadException(Disagreement(model, name, spec, inner, reshape is not null));
        }
        if (inner == outer)
        {
            outer = [.. actual.Zip(outer, (size, configured) => size >= 0 ? size : configured)];
            specs[index] = spec with { Dimensions = [.. spec.Dimensions[..^outer.Length], .. outer] };
            return;
        }

        specs[index] = spec with
        {
            Dimensions = [.. spec.Dimensions[..^actual.Length], .. outer],
            Reshape = new(outer, inner),
        };
    }

    private static void RequireCount(string model, string what, int configured, int least, int actual)
    {
        if (configured > actual || configured < least)
        {
            throw new ModelLoadException(
                $"unable to load model '{model}', configuration expects {configured} {what}, model provides {actual}"
            );
        }
    }

    /// <summary>The shape that only the configuration tells.</summary>
    private static TensorSpec Ranked(TensorSpec spec, ModelConfig config, string role)
    {
        ModelInput? input = config.Input.FirstOrDefault(one => one.Name == spec.Name);
        ModelOutput? output = config.Output.FirstOrDefault(one => one.Name == spec.Name);
        IEnumerable<long>? inner =
            input is not null ? input.Reshape?.Shape ?? input.Dims
            : output is not null ? output.Reshape?.Shape ?? output.Dims
            : null;
        if (inner is null)
        {
            return role == "output"
                ? spec
                : throw new ModelLoadException(
                    $"the model leaves open how many dimensions {role} '{spec.Name}' has; give its dims in config.pbtxt"
                );
        }
        return spec with { Dimensions = config.MaxBatchSize > 0 ? [-1, .. inner] : [.. inner] };
    }

    private static string Disagreement(string model, string name, TensorSpec spec, long[] inner, bool isReshaped)
    {
        long[] configured = [.. spec.Dimensions.AsSpan(0, spec.IsBatched ? 1 : 0), .. inner];
        string shape = spec.IsBatched
            ? "an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, making "
                + "complete shape"
            : "shape";
        return $"model '{model}', tensor '{name}': the model expects {spec.Dimensions.Length} dimensions (shape "
            + $"{TensorShape.Format(spec.Dimensions)}) but the model configuration specifies {configured.Length} "
            + $"dimensions ({shape} {TensorShape.Format(configured)}), by its {(isReshaped ? "reshape" : "dims")}";
    }
}
