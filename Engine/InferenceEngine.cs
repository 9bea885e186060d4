using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine;

/// <summary>
/// The models that this node serves. Looking one up reads an immutable snapshot; loading and unloading go one at a time
/// and publish a new one.
/// </summary>
public sealed partial class InferenceEngine : IAsyncDisposable
{
    private readonly EngineOptions _options;
    private readonly ILogger _logger;
    private readonly ModelRepository _repository;
    private readonly ModelLoader _loader;
    private readonly EngineScheduler _scheduler;
    private readonly SemaphoreSlim _changes = new(1, 1);
    private FrozenDictionary<string, ServedModel> _served = FrozenDictionary<string, ServedModel>.Empty;
    private FrozenDictionary<string, ModelStatus[]> _index = FrozenDictionary<string, ModelStatus[]>.Empty;
    private bool _disposed;

    /// <summary>Creates it; nothing is loaded yet.</summary>
    public InferenceEngine(IOptions<EngineOptions> options, TimeProvider time, ILogger<InferenceEngine> logger)
    {
        _options = options.Value;
        _logger = logger;
        _repository = new ModelRepository(_options.Models);
        _scheduler = new EngineScheduler(_options.Threads > 0 ? _options.Threads : Environment.ProcessorCount);
        long limit = _options.MemoryLimitMiB > 0 ? _options.MemoryLimitMiB << 20 : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.8);
        Memory = new MemoryBudget(limit);
        _loader = new ModelLoader(_options, Memory, _scheduler, new EngineClock(time), logger);
    }

    /// <summary>Memory reserved for models.</summary>
    public MemoryBudget Memory { get; }

    /// <summary>Where models are read from.</summary>
    public string RepositoryPath => _repository.Path;

    /// <summary>True from the end of the first load until disposal.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Every model version that was asked for and where it stands, by name and version.</summary>
    public IReadOnlyList<ModelStatus> Index => [.. Volatile.Read(ref _index).Values.SelectMany(lines => lines).OrderBy(line => line.Name, StringComparer.Ordinal).ThenBy(line => line.Version, StringComparer.Ordinal)];

    /// <summary>Every replica that serves, by name and version.</summary>
    public IReadOnlyList<ModelReplica> Replicas => [.. Volatile.Read(ref _served).Values.SelectMany(model => model.Versions.Select(version => version.Replica)).OrderBy(replica => replica.Name, StringComparer.Ordinal)];

    /// <summary>Loads what the mode asks for at start. A model that fails is named in <see cref="Index"/> and the log; the others serve.</summary>
    /// <exception cref="ModelRepositoryException">The repository cannot be read, or a named model is not in it.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = _repository.Read();
        IEnumerable<string> names = _options.Mode != ModelControlMode.Explicit || _options.LoadModel.Contains("*") ? folders.Select(folder => folder.Name) : _options.LoadModel;
        foreach (string name in names)
        {
            if (folders.All(folder => folder.Name != name))
            {
                throw new ModelRepositoryException($"--load-model {name}: there is no such model in '{_repository.Path}'; there are: {string.Join(", ", folders.Select(folder => folder.Name))}");
            }

            await LoadAsync(name, cancellationToken).ConfigureAwait(false);
        }

        IsReady = true;
    }

    /// <summary>
    /// Loads a model, or loads it again after its files changed: what is new is warm and serving before what it replaces
    /// drains. Where nothing of it can be loaded, what served before goes on.
    /// </summary>
    /// <returns>Whether it serves now as its files ask; the reason is in <see cref="Index"/> where not.</returns>
    public async Task<bool> LoadAsync(string name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Factory.StartNew(() => Load(name), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap().ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Stops serving a model: refuses new requests, answers queued ones, and gives its memory back.</summary>
    /// <returns>False when it was not loaded.</returns>
    public async Task<bool> UnloadAsync(string name, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_served.TryGetValue(name, out ServedModel? served)) return false;
            Publish(name, null);
            await DrainAsync(served.Versions).ConfigureAwait(false);
            SetIndex(name, [.. served.Versions.Select(version => Status(name, version.Number, ModelState.Unavailable, "unloaded"))]);
            return true;
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>Brings what serves in line with the repository: loads new and changed models, unloads removed ones.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = _repository.Read();
        foreach (ModelFolder folder in folders)
        {
            if (!_index.ContainsKey(folder.Name) || !_served.TryGetValue(folder.Name, out ServedModel? served) || served.Fingerprint != folder.Fingerprint())
            {
                await LoadAsync(folder.Name, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (string gone in _served.Keys.Where(name => folders.All(folder => folder.Name != name)).ToArray())
        {
            await UnloadAsync(gone, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Changes the intra-op threads of a serving model, by a new session beside the old one.</summary>
    public async Task SetThreadsAsync(ModelReplica replica, int threads, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _loader.SetThreadsAsync(replica, threads).ConfigureAwait(false);
        }
        finally
        {
            _changes.Release();
        }
    }

    /// <summary>The replica of a version, or of the highest one for an empty <paramref name="version"/>; null and why there is none.</summary>
    public ModelReplica? Find(string name, string version, out InferenceError error, out string message)
    {
        (error, message) = (InferenceError.None, "");
        if (Volatile.Read(ref _served).TryGetValue(name, out ServedModel? served))
        {
            if (served.Find(version) is { } replica) return replica;
            error = InferenceError.NotFound;
            message = $"Request for unknown model: '{name}' version {version} is not found; ready versions: {string.Join(", ", served.Versions.Select(loaded => loaded.Number))}";
            return null;
        }

        if (Volatile.Read(ref _index).TryGetValue(name, out ModelStatus[]? lines) && lines.Length > 0)
        {
            error = InferenceError.Unavailable;
            message = $"Request for unknown model: '{name}' is not ready: {lines[^1].Reason}";
            return null;
        }

        error = InferenceError.NotFound;
        message = $"Request for unknown model: '{name}' is not found";
        return null;
    }

    /// <summary>The completed configuration of a serving replica, as JSON.</summary>
    public string ConfigJson(ModelReplica replica) =>
        Volatile.Read(ref _served)[replica.Name].Versions.First(version => version.Replica == replica).ConfigJson;

    /// <summary>The versions of a model that serve, ascending.</summary>
    public string[] ReadyVersions(string name) =>
        Volatile.Read(ref _served).TryGetValue(name, out ServedModel? served) ? [.. served.Versions.Select(version => version.Replica.Version)] : [];

    /// <summary>Drains and unloads everything and ends the engine's threads.</summary>
    public async ValueTask DisposeAsync()
    {
        await _changes.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed) return;
            _disposed = true;
            IsReady = false;
            FrozenDictionary<string, ServedModel> served = _served;
            _served = FrozenDictionary<string, ServedModel>.Empty;
            foreach (ServedModel model in served.Values) await DrainAsync(model.Versions).ConfigureAwait(false);
            _scheduler.Dispose();
        }
        finally
        {
            _changes.Release();
        }
    }

    private static ModelStatus Status(string name, long version, ModelState state, string reason) =>
        new(name, version.ToString(CultureInfo.InvariantCulture), state, reason);

    private static async Task DrainAsync(IEnumerable<LoadedModel> versions)
    {
        foreach (LoadedModel version in versions)
        {
            await version.Replica.DrainAsync().ConfigureAwait(false);
            version.Memory.Dispose();
        }
    }

    private async Task<bool> Load(string name)
    {
        if (_repository.Find(name) is not { } folder)
        {
            SetIndex(name, [new ModelStatus(name, "", ModelState.Unavailable, $"there is no folder '{name}' in '{_repository.Path}'")]);
            return false;
        }

        string fingerprint = folder.Fingerprint();
        List<LoadedModel> loaded = [];
        List<ModelStatus> lines = [];
        try
        {
            ModelConfig config = ModelLoader.ReadConfig(folder);
            foreach (long version in VersionSelection.Select(folder, config.VersionPolicy))
            {
                try
                {
                    loaded.Add(_loader.Load(folder, version, config));
                    lines.Add(Status(name, version, ModelState.Ready, ""));
                }
                catch (Exception exception) when (IsBrokenModel(exception))
                {
                    lines.Add(Status(name, version, ModelState.Unavailable, $"failed to load '{name}' version {version}: {exception.Message}"));
                }
            }
        }
        catch (Exception exception) when (IsBrokenModel(exception))
        {
            lines.Add(new ModelStatus(name, "", ModelState.Unavailable, $"failed to load '{name}': {exception.Message}"));
        }

        foreach (ModelStatus line in lines.Where(line => line.State == ModelState.Unavailable)) LogNotLoaded(name, line.Reason);
        SetIndex(name, [.. lines]);
        if (loaded.Count == 0) return false;
        _served.TryGetValue(name, out ServedModel? old);
        Publish(name, new ServedModel(fingerprint, loaded));
        foreach (LoadedModel model in loaded) LogLoaded(name, model.Number, model.Replica.ExecutionProvider, model.Replica.Limits.MaxRows, model.Replica.Limits.Concurrency, model.Replica.Policy.SloP99Ms);
        if (old is not null) await DrainAsync(old.Versions).ConfigureAwait(false);
        return loaded.Count == lines.Count;
    }

    private static bool IsBrokenModel(Exception exception) =>
        exception is ModelLoadException or ModelConfigException or IOException or UnauthorizedAccessException or OutOfMemoryException or Microsoft.ML.OnnxRuntime.OnnxRuntimeException;

    private void Publish(string name, ServedModel? model)
    {
        Dictionary<string, ServedModel> next = new(_served);
        if (model is null) next.Remove(name);
        else next[name] = model;
        Volatile.Write(ref _served, next.ToFrozenDictionary());
    }

    private void SetIndex(string name, ModelStatus[] lines) =>
        Volatile.Write(ref _index, new Dictionary<string, ModelStatus[]>(_index) { [name] = lines }.ToFrozenDictionary());

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} version {Version} is ready on {Provider}: batches of up to {MaxRows} rows, {Concurrency} at once, objective {SloMs:F1} ms at p99.")]
    private partial void LogLoaded(string model, long version, string provider, int maxRows, int concurrency, double sloMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Model {Model}: {Reason}")]
    private partial void LogNotLoaded(string model, string reason);

    private sealed class ServedModel(string fingerprint, List<LoadedModel> versions)
    {
        public string Fingerprint => fingerprint;

        public List<LoadedModel> Versions => versions;

        public ModelReplica? Find(string version)
        {
            if (version.Length == 0) return versions[^1].Replica;
            return versions.Find(loaded => loaded.Replica.Version == version)?.Replica;
        }
    }
}
