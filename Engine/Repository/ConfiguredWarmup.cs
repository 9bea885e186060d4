using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.Onnx.Files;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>The requests of a configuration's <c>model_warmup</c>: all of them run before the model is ready.</summary>
internal static class ConfiguredWarmup
{
    /// <summary>Every sample and how often it runs.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="signature">What it takes.</param>
    /// <param name="folder">The model's folder, whose <c>warmup/</c> has the data files.</param>
    /// <exception cref="ModelLoadException">A sample does not fit the model.</exception>
    public static IEnumerable<(QueuedInference Request, int Count)> Requests(
        ModelConfig config,
        ModelSignature signature,
        string folder
    )
    {
        foreach (ModelWarmup sample in config.ModelWarmup)
        {
            int rows = (int)Math.Max(1, sample.BatchSize);
            if (rows > Math.Max(1, signature.MaxBatchSize))
            {
                throw Invalid(sample, $"batch_size {rows} is over the model's {Math.Max(1, signature.MaxBatchSize)}");
            }
            InferenceTensor?[] inputs = [.. signature.Inputs.Select(spec => Input(sample, spec, rows, folder))];
            if (
                sample.Inputs.Keys.FirstOrDefault(name => signature.Inputs.All(spec => spec.Name != name)) is
                { } unknown
            )
            {
                throw Invalid(sample, $"the model has no input '{unknown}'");
            }
            InferenceRequest request = new()
            {
                ModelName = config.Name,
                Inputs = [.. inputs.OfType<InferenceTensor>()],
            };
            yield return (
                new QueuedInference(request, inputs, signature.IsBatched ? rows : 1, ShapeSignature.Unique()),
                (int)Math.Max(1, sample.Count)
            );
        }
    }

    private static InferenceTensor? Input(ModelWarmup sample, TensorSpec spec, int rows, string folder)
    {
        if (!sample.Inputs.TryGetValue(spec.Name, out ModelWarmup.Types.Input? input))
        {
            return spec.IsOptional ? null : throw Invalid(sample, $"input '{spec.Name}' is missing");
        }

        if (ConfiguredTypes.ToDatatype(input.DataType) != spec.Datatype)
        {
            throw Invalid(
                sample,
                $"input '{spec.Name}' is {input.DataType}, the model takes {spec.Datatype.WireName()}"
            );
        }
        long[] shape = spec.IsBatched ? [rows, .. input.Dims] : [.. input.Dims];
        if (
            shape.Length != spec.Dimensions.Length
            || shape.Where((size, i) => size < 0 || (spec.Dimensions[i] >= 0 && spec.Dimensions[i] != size)).Any()
        )
        {
            throw Invalid(
                sample,
                $"input '{spec.Name}' has dims {TensorShape.Format([.. input.Dims])}, the model takes "
                    + $"{TensorShape.Format(spec.Dimensions)}"
            );
        }

        if (!TensorShape.TryCount(shape, out long elements) || elements > 1 << 28)
        {
            throw Invalid(sample, $"input '{spec.Name}' of shape {TensorShape.Format(shape)} is too large");
        }
        return new InferenceTensor(
            spec.Name,
            spec.Datatype,
            shape,
            Contents(sample, input, spec, (int)elements, folder)
        );
    }

    private static byte[] Contents(
        ModelWarmup sample,
        ModelWarmup.Types.Input input,
        TensorSpec spec,
        int elements,
        string folder
    )
    {
        if (input.InputDataTypeCase == ModelWarmup.Types.Input.InputDataTypeOneofCase.RandomData)
        {
            return SyntheticInputs.Contents(spec.Datatype, elements, new Random(elements));
        }
        // An empty text is the zero of BYTES: a length of 0.
        int length =
            elements * (spec.Datatype == TensorDatatype.Bytes ? BytesElements.PrefixSize : spec.Datatype.ElementSize());
        if (input.InputDataTypeCase != ModelWarmup.Types.Input.InputDataTypeOneofCase.InputDataFile)
        {
            return new byte[length];
        }
        if (Path.GetFileName(input.InputDataFile) != input.InputDataFile)
        {
            throw Invalid(sample, $"input_data_file '{input.InputDataFile}' must be a file name without a folder");
        }
        string path = Path.Combine(folder, "warmup", input.InputDataFile);
        if (!RegularFile.Exists(path))
        {
            throw Invalid(sample, $"there is no warmup/{input.InputDataFile}");
        }
        byte[] contents = RegularFile.ReadAllBytes(path);
        bool fits =
            spec.Datatype == TensorDatatype.Bytes
                ? BytesElements.TryCount(contents, out long found) && found == elements
                : contents.Length == length;
        return fits
            ? contents
            : throw Invalid(
                sample,
                $"warmup/{input.InputDataFile} has {contents.Length} bytes, which do not fit input '{spec.Name}' "
                    + $"of {elements} {spec.Datatype.WireName()} elements"
            );
    }

    private static ModelLoadException Invalid(ModelWarmup sample, string problem) =>
        new($"model_warmup '{sample.Name}': {problem}");
}
