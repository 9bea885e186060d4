namespace OrleansInference.Load.Raw;

/// <summary>
/// The two models of the comparison: `tiny`, where the server is the cost, and a CNN, where the model is.
/// </summary>
internal static class SampleModels
{
    public const string DefaultFolder = "../shared/data";

    public static IReadOnlyList<(string Name, ModelFile Model)> Open(string data)
    {
        string[] candidates = [Path.Combine(data, "models", "vision"), Path.Combine(data, "vision"), data];
        var folder =
            Array.Find(candidates, candidate => File.Exists(Path.Combine(candidate, "mnist.onnx")))
            ?? throw new DataMissingException(
                $"No mnist.onnx under {Path.GetFullPath(data)} (models/vision, vision or itself): there "
                    + $"is nothing to measure with. Name the data folder by --data."
            );
        return [("tiny", Open(folder, "mnist")), ("squeezenet", Open(folder, "squeezenet"))];
    }

    private static ModelFile Open(string folder, string name) =>
        ModelFile.Open(Path.Combine(folder, name + ".onnx"), Path.Combine(folder, name + ".input.f32"));
}
