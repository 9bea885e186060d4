using System.Globalization;

namespace OrleansInference.Engine.Repository;

/// <summary>The folder that models are served from, in Triton's layout.</summary>
internal sealed class ModelRepository(string path)
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Every model folder, by name. Folders without a version folder are models too: broken ones, to be named.</summary>
    /// <exception cref="ModelRepositoryException">The repository is missing or cannot be read.</exception>
    public IReadOnlyList<ModelFolder> Read()
    {
        if (!Directory.Exists(Path))
        {
            throw new ModelRepositoryException(
                File.Exists(Path) ? $"The model repository '{Path}' is a file; it must be a folder." : $"The model repository '{Path}' does not exist. Create it or pass --models DIR.");
        }

        try
        {
            return [.. Directory.EnumerateDirectories(Path)
                .Where(folder => !System.IO.Path.GetFileName(folder).StartsWith('.'))
                .Order(StringComparer.Ordinal)
                .Select(folder => new ModelFolder(System.IO.Path.GetFileName(folder), folder, Versions(folder)))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelRepositoryException($"The model repository '{Path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>One model's folder, or null.</summary>
    public ModelFolder? Find(string name) => Read().FirstOrDefault(folder => folder.Name == name);

    /// <summary>Whether there is such a model; false also where the repository cannot be read.</summary>
    public bool Has(string name)
    {
        try
        {
            return Find(name) is not null;
        }
        catch (ModelRepositoryException)
        {
            return false;
        }
    }

    private static IReadOnlyList<long> Versions(string folder) =>
        [.. Directory.EnumerateDirectories(folder)
            .Select(version => long.TryParse(System.IO.Path.GetFileName(version), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0)
            .Where(version => version > 0)
            .Order()];
}
