using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Tests.Repository.Folders;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Engine.Tests.Content;

/// <summary>A model behind links is given to other nodes as the plain files that it is.</summary>
public sealed class LinkedContentsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Layouts =>
        ["plain", "folder link", "version link", "ConfigMap", "Hugging Face", "weights' folder", "Triton's folder"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public async Task ManifestOfServed_ALinkedModel_IsServedByAnotherNode(string layout)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("links need rights there");
        }
        await using OddEngine from = new(ModelControlMode.All, model: null),
            to = new(ModelControlMode.All, model: null);
        OddRepository odd = from.Repository;
        string[] expected = ["1/model.onnx", "1/weights.bin", "config.pbtxt"];
        switch (layout)
        {
            case "plain":
                Weights(odd, "m/1/model.onnx", "m/1/weights.bin");
                break;
            case "folder link":
                Weights(odd, "../store/1/model.onnx", "../store/1/weights.bin");
                odd.Link("m", "../store");
                break;
            case "version link":
                Weights(odd, "../store/model.onnx", "../store/weights.bin");
                odd.Link("m/1", "../../store");
                break;
            case "ConfigMap":
                Weights(odd, "m/1/..2026/model.onnx", "m/1/..2026/weights.bin");
                odd.Link("m/1/..data", "..2026");
                odd.Link("m/1/model.onnx", "..data/model.onnx");
                odd.Link("m/1/weights.bin", "..data/weights.bin");
                break;
            case "Hugging Face":
                Weights(odd, "../blobs/a", "../blobs/b");
                odd.Link("m/1/model.onnx", "../../../blobs/a");
                odd.Link("m/1/weights.bin", "../../../blobs/b");
                break;
            case "weights' folder":
                odd.Write("m/1/model.onnx", OddRepository.Adds("parts/w"));
                odd.Write("../store/w", OddRepository.Weight(1));
                odd.Link("m/1/parts", "../../../store");
                expected = ["1/model.onnx", "1/parts/w", "config.pbtxt"];
                break;
            default:
                Weights(odd, "m/1/model.onnx/model.onnx", "m/1/model.onnx/weights.bin");
                expected = ["1/model.onnx/model.onnx", "1/model.onnx/weights.bin", "config.pbtxt"];
                break;
        }

        odd.Write("m/config.pbtxt", "max_batch_size: 4");
        odd.Latin1File("m/1/notes", 'é');
        odd.Pipe("m/1/pipe");
        odd.Link("m/1/up", "..");
        odd.Link("m/1/dangling", "/nowhere");
        odd.Write("m/.git/objects/1", "x");
        await from.Engine.Engine.StartAsync(Token);
        await to.Engine.Engine.StartAsync(Token);

        ModelManifest manifest = from.Engine.Engine.Content.ManifestOfServed("m")!;
        LoadResult fetched = await to.Engine.Engine.LoadFetchedAsync(
            "m",
            await FetchAsync(from.Engine.Engine, manifest),
            manifest.ConfigJson,
            Token
        );

        Assert.Equal(expected, manifest.Files.Select(file => file.Path));
        Assert.Equal((true, ""), (fetched.IsReady, fetched.Reason));
        Assert.Equal(4f, (await to.TryInferAsync("m")).Value);
        Assert.Equal(manifest.Revision, to.Engine.Engine.Content.ManifestOfServed("m")!.Revision);
    }

    [Fact]
    public async Task ManifestOfServed_NamesOfEveryKind_AreGivenAsTheyAre()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("such names are Unix'");
        }
        await using OddEngine from = new(ModelControlMode.All, model: null),
            to = new(ModelControlMode.All, model: null);
        string[] names = ["back\\slash", "new\nline", " space ", "%2e%2e", "größe", new string('n', 255)];
        from.Repository.Write("m/1/model.onnx", OddRepository.Doubles);
        foreach (string name in names)
        {
            from.Repository.Write($"m/1/{name}", name);
        }
        await from.Engine.Engine.StartAsync(Token);
        await to.Engine.Engine.StartAsync(Token);

        ModelManifest manifest = from.Engine.Engine.Content.ManifestOfServed("m")!;
        LoadResult fetched = await to.Engine.Engine.LoadFetchedAsync(
            "m",
            await FetchAsync(from.Engine.Engine, manifest),
            manifest.ConfigJson,
            Token
        );

        Assert.Equal(
            names.Append("model.onnx").Select(name => $"1/{name}").Order(StringComparer.Ordinal),
            manifest.Files.Select(file => file.Path).Order(StringComparer.Ordinal)
        );
        Assert.True(fetched.IsReady, fetched.Reason);
        Assert.Equal(manifest.Revision, to.Engine.Engine.Content.ManifestOfServed("m")!.Revision);
    }

    private static void Weights(OddRepository odd, string model, string weights)
    {
        odd.Write(model, OddRepository.Adds("weights.bin"));
        odd.Write(weights, OddRepository.Weight(1));
    }

    private static async Task<string> FetchAsync(InferenceEngine engine, ModelManifest manifest)
    {
        string folder = Directory.CreateTempSubdirectory("fetched").FullName;
        foreach (ModelFile file in manifest.Files)
        {
            string path = Path.Combine(folder, "model", file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using FileStream from = engine.Content.Open(manifest.Name, manifest.Revision, file.Path)!;
            await using FileStream to = File.Create(path);
            await from.CopyToAsync(to, Token);
            Assert.Equal(file.Length, to.Length);
        }

        return folder;
    }
}
