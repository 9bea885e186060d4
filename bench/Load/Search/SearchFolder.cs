using OrleansInference.Load.Raw;

namespace OrleansInference.Load.Search;

/// <summary>The models that searches are compared on; deleted with this.</summary>
internal sealed class SearchFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("bench-search-");

    public string Path => folder.FullName;

    public IReadOnlyList<string> Models { get; private set; } = [];

    /// <summary>The shipped ad model, where the command runs in the repository's root.</summary>
    private const string Shipped = "models/ads-ctr";

    public static SearchFolder Create(string data, int maxRows)
    {
        var made = new SearchFolder();
        var models = SampleModels
            .Open(data)
            .Select(model => (model.Name, Bytes: File.ReadAllBytes(model.Model.Path)))
            .Append((Name: SampleModels.Mlp, Bytes: SampleModels.WriteMlp()))
            .ToArray();
        foreach (var (name, bytes) in models)
        {
            File.WriteAllBytes(
                System.IO.Path.Combine(
                    made.folder.CreateSubdirectory(System.IO.Path.Combine(name, "1")).FullName,
                    "model.onnx"
                ),
                bytes
            );
            File.WriteAllText(System.IO.Path.Combine(made.Path, name, "config.pbtxt"), $"max_batch_size: {maxRows}\n");
        }

        made.Models = [.. models.Select(model => model.Name)];
        if (!Directory.Exists(Shipped))
        {
            return made;
        }
        File.Copy(
            $"{Shipped}/1/model.onnx",
            System.IO.Path.Combine(made.folder.CreateSubdirectory("ads-ctr/1").FullName, "model.onnx")
        );
        File.WriteAllText(
            System.IO.Path.Combine(made.Path, "ads-ctr", "config.pbtxt"),
            File.ReadAllText($"{Shipped}/config.pbtxt")
                .Replace("max_batch_size: 256", $"max_batch_size: {maxRows}", StringComparison.Ordinal)
        );
        made.Models = [.. made.Models, "ads-ctr"];
        return made;
    }

    public void Dispose() => folder.Delete(recursive: true);
}
