using Microsoft.ML.OnnxRuntime;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Tensors;

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
    /// <exception cref="ModelLoadException">Model and configuration disagree, or a tensor is of an unsupported
    /// kind.</exception>
    public static ModelSignature Read(InferenceSession session, ModelConfig config, int defaultMaxBatchSize)
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

        BatchInputSpec[] batchInputs = RaggedReader.Read(config, inputs, outputs);
        bool canBatch = outputs
            .Concat(inputs.Where(input => !input.IsOptional))
            .All(spec => spec.Dimensions is [-1, ..]);
        // A configuration that names inputs and no max_batch_size means 0, as Triton reads it.
        int maxBatchSize =
            config.HasMaxBatchSize || config.Input.Count > 0 ? config.MaxBatchSize
            : canBatch ? defaultMaxBatchSize
            : 0;
        if (maxBatchSize < 0)
        {
            throw new ModelLoadException($"max_batch_size is {maxBatchSize}; 0 (no batching) or more is allowed");
        }
        if (maxBatchSize > 0 && !canBatch)
        {
            TensorSpec culprit = inputs
                .Where(input => !input.IsOptional)
                .Concat(outputs)
                .First(spec => spec.Dimensions is not [-1, ..]);
            throw new ModelLoadException(
                $"max_batch_size is {maxBatchSize}, but '{culprit.Name}' has shape "
                    + $"{TensorShape.Format(culprit.Dimensions)}, whose first dimension is not free; set "
                    + $"max_batch_size: 0"
            );
        }

        bool batched = maxBatchSize > 0;
        TensorSpec[] batchedInputs = [.. inputs.Select(spec => spec with { IsBatched = batched && !spec.IsOptional })];
        TensorSpec[] batchedOutputs = [.. outputs.Select(spec => spec with { IsBatched = batched })];
        foreach (ModelInput input in config.Input)
        {
            Configure(input.Name, input.DataType, input.Dims, input.Reshape, batchedInputs, "input");
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
            Configure(output.Name, output.DataType, output.Dims, output.Reshape, batchedOutputs, "output");
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
                $"config.pbtxt has {role} '{name}', the model has: "
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
            // As Triton has it, a scalar is one element of one dimension.
            : outer is [1] && actual.Length == 0 ? []
            : outer;
        bool agrees = inner.Length == actual.Length;
        for (int i = 0; agrees && i < inner.Length; i++)
        {
            agrees = inner[i] == actual[i] || inner[i] == -1 || actual[i] == -1;
        }
        if (!agrees)
        {
            string behind = spec.IsBatched ? " behind the batch dimension" : "";
            throw new ModelLoadException(
                $"config.pbtxt gives {role} '{name}' {(reshape is null ? "dims" : "reshape")} "
                    + $"{TensorShape.Format(inner)}{behind}, the model has {TensorShape.Format(actual)}"
            );
        }
        if (inner == outer)
        {
            outer = [.. actual.Zip(outer, (size, configured) => size >= 0 ? size : configured)];
            specs[index] = spec with { Dimensions = [.. spec.Dimensions[..^outer.Length], .. outer] };
            return;
        }

        TensorReshape other = new(outer, inner);
        if (!other.IsPossible)
        {
            throw new ModelLoadException(
                $"config.pbtxt gives {role} '{name}' dims {TensorShape.Format(outer)} and reshape "
                    + $"{TensorShape.Format(inner)}; both must have the same elements before, between and behind "
                    + $"dimensions of -1"
            );
        }
        specs[index] = spec with { Dimensions = [.. spec.Dimensions[..^actual.Length], .. outer], Reshape = other };
    }
}
