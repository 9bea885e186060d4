using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Access;

/// <summary>A silo that asks for keys.</summary>
public sealed class KeyedSilo : IAsyncLifetime
{
    /// <summary>The key of an operator who may do all.</summary>
    public const string Admin = "key-of-the-admin-0123456789";

    /// <summary>The key of a caller who may ask models.</summary>
    public const string Infer = "key-of-a-caller-0123456789";

    public string Folder { get; } = Directory.CreateTempSubdirectory("keys").FullName;

    public SiloProcess Silo { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        string models = Path.Combine(Folder, "models");
        string keys = Path.Combine(Folder, "keys");
        foreach (string name in (string[])["scale", "unused"])
        {
            string version = Directory.CreateDirectory(Path.Combine(models, name, "1")).FullName;
            await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
        }

        await File.WriteAllTextAsync(keys, $"{Admin} ops role=admin\n{Infer} caller\n");
        string jobs = Directory.CreateDirectory(Path.Combine(Folder, "jobs")).FullName;
        string[] asked = ["--mode", "explicit", "--load-model", "*", "--name", "node", "--jobs-root", jobs];
        Silo = await SiloProcess.StartAsync(models, ["--api-key-file", keys, .. asked]);
    }

    public async ValueTask DisposeAsync()
    {
        await Silo.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
