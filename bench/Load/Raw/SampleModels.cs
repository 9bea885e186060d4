using System.Runtime.InteropServices;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Load.Raw;

/// <summary>
/// The models of the comparison: `tiny`, where the server is the cost, a CNN, where the model is, and an MLP, which gains
/// most from batches.
/// </summary>
internal static class SampleModels
{
    public const string DefaultFolder = "../shared/data";

    public const string Tiny = "tiny";

    public const string SqueezeNet = "squeezenet";

    public const string Mlp = "mlp";

    private const int MlpInputs = 256;

    public static readonly string[] Names = [Tiny, SqueezeNet, Mlp];

    /// <summary>The two that are files.</summary>
    public static IReadOnlyList<(string Name, ModelFile Model)> Open(string data)
    {
        var folder = Find(data);
        return [.. Names.Where(name => name != Mlp).Select(name => (name, Open(folder, name)))];
    }

    /// <summary>A model and one row of input.</summary>
    /// <exception cref="DataMissingException">The data folder lacks it.</exception>
    public static (byte[] Model, float[] Row) Read(string name, string data)
    {
        if (name == Mlp)
        {
            var random = new Random(1);
            return (WriteMlp(), [.. Enumerable.Range(0, MlpInputs).Select(_ => random.NextSingle() * 2 - 1)]);
        }
        var file = Path.Combine(Find(data), FileName(name));
        return (
            DataMissingException.Read(file + ".onnx"),
            MemoryMarshal.Cast<byte, float>(DataMissingException.Read(file + ".input.f32")).ToArray()
        );
    }

    /// <summary>256–1024–64, FP32.</summary>
    public static byte[] WriteMlp() => FixtureModels.Mlp(MlpInputs, 1024, 64);

    private static string Find(string data)
    {
        string[] candidates = [Path.Combine(data, "models", "vision"), Path.Combine(data, "vision"), data];
        return Array.Find(candidates, candidate => File.Exists(Path.Combine(candidate, "mnist.onnx")))
            ?? throw new DataMissingException(
                $"No mnist.onnx under {Path.GetFullPath(data)} (models/vision, vision or itself): there "
                    + $"is nothing to measure with. Name the data folder by --data."
            );
    }

    private static ModelFile Open(string folder, string name) =>
        ModelFile.Open(
            Path.Combine(folder, FileName(name) + ".onnx"),
            Path.Combine(folder, FileName(name) + ".input.f32")
        );

    private static string FileName(string name) => name == Tiny ? "mnist" : name;
}
