using OrleansInference.Engine.Repository;

namespace OrleansInference.Engine.Sessions;

/// <summary>
/// What a session is built from. ONNX Runtime maps weight files into memory for as long as the session lives: written
/// to, they would change its answers, and cut short they would end the process. It refuses those that are links out of
/// the model's folder, too. So it gets a copy of its own of a model that has weight files, deleted once it is mapped.
/// </summary>
internal sealed class PrivateCopy : IDisposable
{
    private readonly string? _folder;

    private PrivateCopy(string path, string? folder)
    {
        Path = path;
        _folder = folder;
    }

    /// <summary>The file to build the session from.</summary>
    public string Path { get; }

    /// <summary>Copies a model where that is needed.</summary>
    /// <exception cref="ModelLoadException">It is broken, cannot be read, or there is no room for the copy.</exception>
    public static PrivateCopy Create(string path)
    {
        OnnxFile file = OnnxFile.Read(path);
        if (file.ExternalData.Count == 0)
        {
            return new PrivateCopy(path, folder: null);
        }
        string? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory("orleans-inference-").FullName;
            return new PrivateCopy(file.CopyTo(folder), folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
            string place = System.IO.Path.GetTempPath();
            throw new ModelLoadException(
                $"'{path}' and its weight files cannot be copied to '{place}': {exception.Message}",
                exception
            );
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_folder is null)
        {
            return;
        }
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Windows keeps a file that is still mapped; the system's own clean-up of temporary files gets it.
        }
    }
}
