namespace OrleansInference.Load.Compare;

/// <summary>A temporary model repository in Triton's layout, `name/1/model.onnx`.</summary>
internal sealed class ModelRepositoryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("orleans-inference-bench-");

    public ModelRepositoryFolder(IEnumerable<ComparedModel> models)
    {
        foreach (var model in models)
        {
            var version = folder.CreateSubdirectory(System.IO.Path.Combine(model.Name, "1"));
            File.Copy(model.File.Path, System.IO.Path.Combine(version.FullName, "model.onnx"));
        }
    }

    public string Path => folder.FullName;

    public void Dispose() => folder.Delete(recursive: true);
}
