using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>Files that a load request gave, in a folder of their own that is deleted with them.</summary>
internal sealed class OverrideFolder : IDisposable
{
    private readonly string _path;

    private OverrideFolder(string path, ModelFolder folder)
    {
        _path = path;
        Folder = folder;
    }

    /// <summary>The model's folder in it.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Writes the files.</summary>
    /// <exception cref="ModelLoadException">A path leaves the model's folder, or is no path of a version's
    /// file.</exception>
    public static OverrideFolder Write(string name, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        foreach (string file in files.Keys)
        {
            Require(file);
        }
        string path = Directory.CreateTempSubdirectory("orleans-inference-").FullName;
        try
        {
            string model = Path.Combine(path, "model");
            foreach ((string file, ReadOnlyMemory<byte> contents) in files)
            {
                string target = Path.Combine(model, Path.Combine(file.Split('/')));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.WriteAllBytes(target, contents.Span);
            }

            return Adopt(name, path);
        }
        catch
        {
            Directory.Delete(path, recursive: true);
            throw;
        }
    }

    /// <summary>
    /// Takes a folder over that somebody else filled: <paramref name="path"/><c>/model</c> has the model's layout.
    /// </summary>
    public static OverrideFolder Adopt(string name, string path) =>
        new(path, ModelFolder.Read(name, Path.Combine(path, "model")));

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            Directory.Delete(_path, recursive: true);
        }
        catch (IOException)
        {
            // Windows keeps a file that is still mapped; the system's own clean-up of temporary files gets it.
        }
    }

    private static void Require(string file)
    {
        string[] parts = file.Split('/');
        bool valid =
            parts.Length >= 2
            && ModelFolder.Version(parts[0]) is not null
            && parts.All(part =>
                part.Length is > 0 and <= 255 && part is not ("." or "..") && part.IndexOfAny(['\\', ':', '\0']) < 0
            );
        if (!valid)
        {
            throw new ModelLoadException(
                $"'file:{(file.Length > 64 ? file[..64] + "…" : file)}' is no path of a model's file; "
                    + $"expected 'file:VERSION/NAME', such as 'file:1/model.onnx', with names of at most 255 "
                    + $"characters"
            );
        }
    }
}
