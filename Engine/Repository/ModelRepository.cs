namespace OrleansInference.Engine.Repository;

/// <summary>
/// The folders that models are served from. A model is in one of them: where a name is in two, nobody could tell which
/// is meant.
/// </summary>
internal sealed class ModelRepository(IEnumerable<string> paths, ConfigRead config)
{
    private readonly RepositoryFolder[] _folders =
    [
        .. paths.Select(System.IO.Path.GetFullPath).Distinct().Select(path => new RepositoryFolder(path, config)),
    ];

    /// <summary>One folder alone.</summary>
    public ModelRepository(string path)
        : this([path], ConfigRead.Default) { }

    /// <summary>Where it is; several folders are joined by commas.</summary>
    public string Path => string.Join(", ", _folders.Select(folder => folder.Path));

    /// <summary>
    /// Every model folder, by name. Folders that nothing can be served from are models too: broken ones, to be named.
    /// </summary>
    /// <exception cref="ModelRepositoryException">A folder is missing or cannot be read.</exception>
    public IReadOnlyList<ModelFolder> Read() =>
        [
            .. _folders
                .SelectMany(folder => folder.Read())
                .GroupBy(model => model.Name, (_, same) => OneOf([.. same]))
                .OrderBy(model => model.Name, StringComparer.Ordinal),
        ];

    /// <summary>One model's folder, or null.</summary>
    /// <exception cref="ModelRepositoryException">A folder is missing or cannot be read.</exception>
    public ModelFolder? Find(string name)
    {
        ModelFolder[] found = [.. _folders.Select(folder => folder.Find(name)).OfType<ModelFolder>()];
        return found.Length == 0 ? null : OneOf(found);
    }

    /// <summary>Whether there is such a model; false also where a folder cannot be read.</summary>
    public bool Has(string name) => _folders.Any(folder => folder.Has(name));

    private static ModelFolder OneOf(ModelFolder[] same)
    {
        if (same.Length == 1)
        {
            return same[0];
        }
        string places = string.Join(", ", same.Select(model => $"'{model.Path}'"));
        return same[0] with
        {
            Versions = [],
            Problem = $"{ModelFolder.Ambiguous}, of which none can be preferred: {places}",
            IsAmbiguous = true,
        };
    }
}
