using System.Collections.Concurrent;
using OrleansInference.Engine.Content;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine;

/// <content>A model's contents, to give to other nodes and to take from them.</content>
public sealed partial class InferenceEngine
{
    private readonly ModelContents _contents = new();
    private readonly ConcurrentDictionary<string, byte> _withdrawn = new();
    private readonly ConcurrentDictionary<string, (string Fingerprint, ModelSource Source)> _stored = new();

    /// <summary>Whether the repository has a model of that name.</summary>
    public bool HasInRepository(string name) => _repository.Has(name);

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

    /// <summary>The models that a configuration needs as steps; none for one that is no ensemble.</summary>
    /// <param name="configJson">The configuration, or null for that in the folder.</param>
    /// <param name="folder">A fetched folder.</param>
    /// <exception cref="ModelConfigException">It is no configuration.</exception>
    public static IReadOnlyList<string> StepsIn(string? configJson, string folder)
    {
        string path = Path.Combine(folder, "model", "config.pbtxt");
        ModelConfig config =
            configJson is not null ? ModelConfigJson.Parse(configJson)
            : RegularFile.Exists(path) ? ModelConfigReader.Parse(RegularFile.ReadAllBytes(path), path)
            : new ModelConfig();
        return config.SchedulingChoiceCase == ModelConfig.SchedulingChoiceOneofCase.EnsembleScheduling
            ? [.. EnsemblePlan.ModelNames(config)]
            : [];
    }

    /// <summary>
    /// Whether the mode asks for a model at start, so that it is to be served without anybody's request.
    /// </summary>
    public bool IsWanted(string name) =>
        (_options.Mode is ModelControlMode.All or ModelControlMode.Poll && HasInRepository(name))
        || _options.LoadModel.Contains(name)
        || (_options.LoadModel.Contains("*") && HasInRepository(name));

    /// <summary>Bytes reserved for a served model, all versions together; 0 where it is not served.</summary>
    public long MemoryOfServed(string name) =>
        _table.TryGet(name, out ServedVersions? served) ? served.All.Sum(version => version.Memory?.Bytes ?? 0) : 0;

    /// <summary>Models whose folders went while the repository was followed.</summary>
    public IReadOnlyCollection<string> Withdrawn => [.. _withdrawn.Keys];

    /// <summary>What models can run on here, by ONNX Runtime's names.</summary>
    public IReadOnlyList<string> Devices =>
        _options.ExecutionProvider.Provider switch
        {
            "cpu" => [ExecutionProviderChoice.Cpu],
            "emulated" => [EmulatedDevice.Provider],
            _ => [.. OnnxRuntimeEnvironment.AvailableProviders],
        };

    /// <summary>
    /// Measures a served model at 1, 2, 4 … rows up to its largest batch, by made-up requests that stand behind all
    /// others in its queue.
    /// </summary>
    /// <returns>Median seconds of a run by rows.</returns>
    /// <exception cref="InferenceException">It is not served, or no made-up input suits it.</exception>
    public async Task<Dictionary<int, double>> ProfileAsync(
        string name,
        string version,
        CancellationToken cancellationToken
    )
    {
        if (Find(name, version, out InferenceError error, out string message) is not { } model)
        {
            throw new InferenceException(error, message);
        }
        Dictionary<int, double> seconds = [];
        for (int rows = 1; rows <= Math.Max(1, model.Signature.MaxBatchSize); rows *= 2)
        {
            double[] runs = new double[3];
            for (int i = 0; i < runs.Length; i++)
            {
                using InferenceResponse response = await InferAsync(
                        SyntheticInputs.Request(model, rows, seed: i) with
                        {
                            Background = true,
                            IsProbe = true,
                        },
                        cancellationToken
                    )
                    .ConfigureAwait(false);
                runs[i] = response.EnsureSuccess().Timings.ComputeInfer.TotalSeconds;
            }

            Array.Sort(runs);
            seconds[rows] = runs[1];
        }

        return seconds;
    }

    /// <summary>Opens a file of a model's contents for reading.</summary>
    /// <param name="name">The model.</param>
    /// <param name="revision">The revision that the file belongs to.</param>
    /// <param name="path">One of the manifest's paths.</param>
    /// <returns>Null where this node has no such file in that revision.</returns>
    public FileStream? OpenContent(string name, string revision, string path)
    {
        string? root =
            ManifestOfServed(name) is { } served && Holds(served, revision, path) ? SourceOfServed(name)?.Folder.Path
            : ManifestOfRepository(name) is { } stored && Holds(stored, revision, path) ? _repository.Find(name)?.Path
            : null;
        return root is null ? null : RegularFile.OpenRead(Path.Combine(root, Path.Combine(path.Split('/'))));
    }

    /// <summary>
    /// Serves a model from a folder that was fetched from another node: <paramref name="folder"/><c>/model</c> has the
    /// model's layout. The engine takes the folder over and deletes it with the model, or where it cannot be loaded.
    /// </summary>
    public Task<LoadResult> LoadFetchedAsync(
        string name,
        string folder,
        string? configJson,
        CancellationToken cancellationToken
    )
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _demand.SetUnloaded(name, unloaded: false);
        OverrideFolder fetched = OverrideFolder.Adopt(name, folder);
        return LoadOrDeleteAsync();

        async Task<LoadResult> LoadOrDeleteAsync()
        {
            try
            {
                return await _lifecycle
                    .LoadFetchedAsync(name, fetched, configJson, cancellationToken)
                    .ConfigureAwait(false);
            }
            finally
            {
                if (SourceOfServed(name)?.Temporary != fetched)
                {
                    fetched.Dispose();
                }
            }
        }
    }

    private ModelSource? SourceInRepository(string name)
    {
        if (_repository.Find(name) is not { } folder)
        {
            return null;
        }
        string fingerprint = folder.Fingerprint();
        if (
            _stored.TryGetValue(name, out (string Fingerprint, ModelSource Source) known)
            && known.Fingerprint == fingerprint
        )
        {
            return known.Source;
        }
        ModelSource source = ModelSource.Read(name, folder, replacement: null);
        _stored[name] = (fingerprint, source);
        return source;
    }

    private static bool Holds(ModelManifest manifest, string revision, string path) =>
        manifest.Revision == revision && manifest.Files.Any(file => file.Path == path);

    private ModelSource? SourceOfServed(string name) =>
        _table.TryGet(name, out ServedVersions? served) ? served.All[^1].Source : null;
}
