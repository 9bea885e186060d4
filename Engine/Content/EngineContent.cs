using System.Collections.Concurrent;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Content;

/// <summary>The contents of models, to give to other nodes: of what is served here, and of the repository.</summary>
public sealed class EngineContent
{
    private readonly ModelTable _table;
    private readonly ModelRepository _repository;
    private readonly ModelContents _contents = new();
    private readonly ConcurrentDictionary<string, StoredSource> _stored = new();

    internal EngineContent(ModelTable table, ModelRepository repository)
    {
        _table = table;
        _repository = repository;
    }

    /// <summary>
    /// What a served model was loaded from; null where it is not served. Reads its files the first time.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read any more.</exception>
    public ModelManifest? ManifestOfServed(string name) =>
        SourceOfServed(name) is { } source ? _contents.Manifest(source) : null;

    /// <summary>What the repository has of a model now; null where it has none that can be read.</summary>
    public ModelManifest? ManifestOfRepository(string name)
    {
        try
        {
            return SourceInRepository(name) is { } source ? _contents.Manifest(source) : null;
        }
        catch (Exception exception)
            when (VersionLoader.IsBrokenModel(exception) || exception is ModelRepositoryException)
        {
            return null;
        }
    }

    /// <summary>The models that a served ensemble needs; none for any other.</summary>
    public IReadOnlyList<string> StepsOf(string name) =>
        SourceOfServed(name) is { IsEnsemble: true } source ? [.. EnsemblePlan.ModelNames(source.Config)] : [];

    /// <summary>The ensembles that serve here and have a model among their steps.</summary>
    public IReadOnlyList<string> EnsemblesOn(string name) => _table.EnsemblesOn(name);

    /// <summary>The models that a configuration needs as steps; none for one that is no ensemble.</summary>
    /// <param name="configJson">The configuration, or null for that in the folder.</param>
    /// <param name="folder">A fetched folder.</param>
    /// <exception cref="ModelConfigException">It is no configuration.</exception>
    public static IReadOnlyList<string> StepsIn(string? configJson, string folder)
    {
        ModelConfig config = ReadConfig(configJson, Path.Combine(folder, "model", "config.pbtxt"));
        return config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling
            ? [.. EnsemblePlan.ModelNames(config)]
            : [];
    }

    /// <summary>Opens a file of a model's contents for reading.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">The revision that the file belongs to.</param>
    /// <param name="path">One of the manifest's paths.</param>
    /// <returns>Null where this node has no such file in that revision.</returns>
    public FileStream? Open(string name, string revision, string path)
    {
        string? root =
            ManifestOfServed(name) is { } served && Holds(served, revision, path) ? SourceOfServed(name)?.Folder.Path
            : ManifestOfRepository(name) is { } stored && Holds(stored, revision, path) ? _repository.Find(name)?.Path
            : null;
        return root is null ? null : RegularFile.OpenRead(Path.Combine(root, Path.Combine(path.Split('/'))));
    }

    /// <summary>What a served model was loaded from; null where it is not served.</summary>
    internal ModelSource? SourceOfServed(string name) =>
        _table.TryGet(name, out ServedVersions? served) ? served.All[^1].Source : null;

    private static ModelConfig ReadConfig(string? json, string path)
    {
        if (json is not null)
        {
            return ModelConfigJson.Parse(json);
        }
        return RegularFile.Exists(path)
            ? ModelConfigReader.Parse(RegularFile.ReadAllBytes(path), path)
            : new ModelConfig();
    }

    private static bool Holds(ModelManifest manifest, string revision, string path) =>
        manifest.Revision == revision && manifest.Files.Any(file => file.Path == path);

    private ModelSource? SourceInRepository(string name)
    {
        if (_repository.Find(name) is not { } folder)
        {
            return null;
        }
        string fingerprint = folder.Fingerprint();
        // The same object while nothing changes, because its hashes are kept with it.
        if (_stored.TryGetValue(name, out StoredSource? known) && known.Fingerprint == fingerprint)
        {
            return known.Source;
        }
        ModelSource source = ModelSource.Read(name, folder, replacement: null);
        _stored[name] = new StoredSource(fingerprint, source);
        return source;
    }

    /// <summary>What a folder of the repository was read as, and the state of its files then.</summary>
    private sealed record StoredSource(string Fingerprint, ModelSource Source);
}
