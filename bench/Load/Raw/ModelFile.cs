using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansInference.Load.Raw;

/// <summary>An ONNX file with one float32 input, its signature and one row of input.</summary>
internal sealed class ModelFile
{
    private readonly int[] dimensions;

    private ModelFile(string path, InferenceSession session, float[] row)
    {
        Path = path;
        Row = row;
        InputName = session.InputNames[0];
        OutputNames = [.. session.OutputNames];
        dimensions = session.InputMetadata[InputName].Dimensions;
    }

    public string Path { get; }

    public string InputName { get; }

    public string[] OutputNames { get; }

    /// <summary>Row-major numbers of one item, batch dimension included.</summary>
    public float[] Row { get; }

    public ReadOnlySpan<byte> RowBytes => MemoryMarshal.AsBytes<float>(Row);

    public bool CanBatch => dimensions.Length > 0 && dimensions[0] < 0;

    public long[] Shape(int batch) =>
        [CanBatch ? batch : dimensions[0], .. dimensions.Skip(1).Select(length => (long)length)];

    public static ModelFile Open(string path, string inputPath)
    {
        var row = MemoryMarshal.Cast<byte, float>(DataMissingException.Read(inputPath)).ToArray();
        return File.Exists(path) ? Open(path, row, path) : throw new DataMissingException($"File not found: {path}");
    }

    /// <summary>Opens a model with one row of input; <paramref name="name"/> is what errors call it.</summary>
    public static ModelFile Open(string path, float[] row, string name)
    {
        using var session = OpenSession(path, 1);
        var model = new ModelFile(path, session, row);
        var input = session.InputMetadata[model.InputName];
        if (session.InputNames.Count != 1 || input.ElementDataType != TensorElementType.Float)
        {
            throw new InvalidOperationException($"{name}: only models with one float32 input are measured.");
        }
        if (session.OutputMetadata[model.OutputNames[0]].ElementDataType != TensorElementType.Float)
        {
            throw new InvalidOperationException($"{name}: only models whose first output is float32 are measured.");
        }
        if (model.Shape(1).Aggregate(1L, (product, length) => product * length) != row.Length)
        {
            throw new InvalidOperationException(
                $"The input has {row.Length} numbers; one row of {name} is {string.Join('×', model.Shape(1))}."
            );
        }
        return model;
    }

    public static InferenceSession OpenSession(string path, int threads)
    {
        using var options = new SessionOptions { IntraOpNumThreads = threads, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return new InferenceSession(path, options);
    }
}
