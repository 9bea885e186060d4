using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Files;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Repository;

/// <summary>The requests of a configuration's <c>model_warmup</c>: all of them run before the model is ready.</summary>
internal static class ConfiguredWarmup
{
    /// <summary>Every sample.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="signature">What it takes.</param>
    /// <param name="folder">The model's folder, whose <c>warmup/</c> has the data files.</param>
    /// <exception cref="ModelLoadException">A sample does not fit the model.</exception>
    public static IEnumerable<WarmupSample> Samples(ModelConfig config, ModelSignature signature, string folder)
    {
        foreach (ModelWarmup sample in config.ModelWarmup)
        {
            int rows = (int)Math.Max(1, sample.BatchSize);
            if (rows > Math.Max(1, signature.MaxBatchSize))
            {
                throw Invalid(sample, $"batch_size {rows} is over the model's {Math.Max(1, signature.MaxBatchSize)}");
            }
            Tensor?[] inputs = [.. signature.Inputs.Select(spec => Input(config, sample, spec, folder))];
            if (
                sample.Inputs.Keys.FirstOrDefault(name => signature.Inputs.All(spec => spec.Name != name)) is
                { } unknown
            )
            {
                throw Invalid(sample, $"the model has no input '{unknown}'");
            }
            InferenceCall request = new() { ModelName = config.Name, Inputs = [.. inputs.OfType<Tensor>()] };
            QueuedInference row = new(request, inputs, 1, ShapeSignature.Unique());
            yield return new WarmupSample(sample.Name, row, rows, (int)Math.Clamp(sample.Count, 1, int.MaxValue));
        }
    }

    private static Tensor? Input(ModelConfig config, ModelWarmup sample, TensorSpec spec, string folder)
    {
        if (!sample.Inputs.TryGetValue(spec.Name, out ModelWarmup.Types.Input? input))
        {
            // What a sequence remembers is the server's to give: at first, nothing.
            if (config.SequenceBatching?.State.Any(state => state.InputName == spec.Name) == true)
            {
                return Zeros(sample, spec, [.. spec.Dimensions.Select(size => Math.Abs(size))]);
            }
            return spec.IsOptional ? null : throw Invalid(sample, $"input '{spec.Name}' is missing");
        }

        if (ConfiguredTypes.ToDatatype(input.DataType) != spec.Datatype)
        {
            throw Invalid(
                sample,
                $"input '{spec.Name}' is {input.DataType}, the model takes {spec.Datatype.WireName()}"
            );
        }
        long[] shape = spec.IsBatched ? [1, .. input.Dims] : [.. input.Dims];
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

        int elements = Elements(sample, spec, shape);
        return new Tensor(spec.Name, spec.Datatype, shape, Contents(sample, input, spec, elements, folder));
    }

    private static int Elements(ModelWarmup sample, TensorSpec spec, long[] shape) =>
        TensorShape.TryCount(shape, out long elements) && elements <= 1 << 28
            ? (int)elements
            : throw Invalid(sample, $"input '{spec.Name}' of shape {TensorShape.Format(shape)} is too large");

    private static Tensor Zeros(ModelWarmup sample, TensorSpec spec, long[] shape) =>
        new(spec.Name, spec.Datatype, shape, new byte[Bytes(spec, Elements(sample, spec, shape))]);

    /// <summary>Bytes of zeros. An empty text is the zero of BYTES: a length of 0.</summary>
    private static int Bytes(TensorSpec spec, int elements) =>
        elements * (spec.Datatype == TensorDatatype.Bytes ? BytesElements.PrefixSize : spec.Datatype.ElementSize());

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
        int length = Bytes(spec, elements);
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
                $"warmup/{input.InputDataFile} has {contents.Length} bytes, which do not fit a row of input '{spec.Name}', "
                    + $"{elements} {spec.Datatype.WireName()} elements"
            );
    }

    private static ModelLoadException Invalid(ModelWarmup sample, string problem) =>
        new($"model_warmup '{sample.Name}': {problem}");
}
