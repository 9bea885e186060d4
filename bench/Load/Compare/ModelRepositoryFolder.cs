namespace OrleansInference.Load.Compare;

/// <summary>A temporary model repository; deleted with this.</summary>
internal sealed class ModelRepositoryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleans-inference-bench-");

    public string Path => folder.FullName;

    /// <summary>Writes a model in Triton's layout, `name/1/model.onnx`; the path of its file.</summary>
    public static string Write(string repository, string name, byte[] model)
    {
        var version = Directory.CreateDirectory(System.IO.Path.Combine(repository, name, "1"));
        var path = System.IO.Path.Combine(version.FullName, "model.onnx");
        File.WriteAllBytes(path, model);
        return path;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
