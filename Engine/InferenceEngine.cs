using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine;

/// <summary>
/// The models that this node serves. Looking one up reads an immutable snapshot; changes go one at a time for each
/// model and publish a new one.
/// </summary>
public sealed partial class InferenceEngine : IAsyncDisposable
{
    private readonly EngineOptions _options;
    private readonly ModelRepository _repository;
    private readonly ModelLoader _loader;
    private readonly EngineScheduler _scheduler;
    private readonly EngineClock _clock;
    private readonly ModelTable _table = new();
    private readonly ModelLocks _locks = new();
    private readonly Evictor _evictor;
    private readonly VersionLoader _versions;
    private readonly ModelLifecycle _lifecycle;
    private readonly DemandLoader _demand;
    private readonly SemaphoreSlim _loadSlots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, string> _polled = [];
    private int _disposed;

    /// <summary>Creates it; nothing is loaded yet.</summary>
    public InferenceEngine(IOptions<EngineOptions> options, TimeProvider time, ILogger<InferenceEngine> logger)
    {
        _options = options.Value;
        _repository = new ModelRepository(_options.Models);
        _scheduler = new EngineScheduler(_options.Threads > 0 ? _options.Threads : Environment.ProcessorCount);
        long limit =
            _options.MemoryLimitMiB > 0
                ? _options.MemoryLimitMiB << 20
                : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.8);
        _clock = new EngineClock(time);
        EmulatedDevice? device =
            _options.ExecutionProvider.Provider == "emulated"
                ? new EmulatedDevice(DeviceProfile.Read(_options.ExecutionProvider.Profile), _clock)
                : null;
        Parallelism =
            device?.Profile.Lanes
            ?? Math.Min(_options.Threads > 0 ? _options.Threads : int.MaxValue, Environment.ProcessorCount);
        Memory = new MemoryBudget(device?.Profile.MemoryBytes ?? limit);
        Requests = new RequestLog(time);
        RunStep = InferAsync;
        _loader = new ModelLoader(_options, device, Memory, _scheduler, _clock, Requests, logger);
        _evictor = new Evictor(Memory, _table, _locks, _options.Mode == ModelControlMode.Demand, _clock, logger);
        _loadSlots = new SemaphoreSlim(_options.ConcurrentLoads);
        _versions = new VersionLoader(
            _loader,
            _evictor,
            _table,
            (request, token) => RunStep(request, token),
            _loadSlots,
            _clock,
            Requests
        );
        _lifecycle = new ModelLifecycle(_options, _repository, _versions, _table, _locks, logger);
        _demand = new DemandLoader(_lifecycle, _clock, _stopping.Token);
    }

    /// <summary>Memory reserved for models.</summary>
    public MemoryBudget Memory { get; }

    /// <summary>The last requests.</summary>
    public RequestLog Requests { get; }

    /// <summary>Runs the steps of ensembles; by default on this node.</summary>
    public StepRunner RunStep { get; set; }

    /// <summary>When models are loaded.</summary>
    public ModelControlMode Mode => _options.Mode;

    /// <summary>Where models are read from.</summary>
    public string RepositoryPath => _repository.Path;

    /// <summary>Model versions loaded since the start.</summary>
    public long Loads => _versions.Loads;

    /// <summary>Models that were unloaded to make room, or because nobody used them.</summary>
    public long Evictions => _evictor.Evictions;

    /// <summary>True from the end of the first load until disposal.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Every model version that was asked for and where it stands, by name and version.</summary>
    public IReadOnlyList<ModelStatus> Index =>
        [
            .. _table
                .Index.OrderBy(model => model.Key, StringComparer.Ordinal)
                .SelectMany(model => model.Value)
                .Select(WithNotice),
        ];

    /// <summary>
    /// Everything that serves, by name and version; the same object as before where nothing came or went.
    /// </summary>
    public IReadOnlyList<IServedModel> Models => _table.Models;

    /// <summary>
    /// Loads what the mode asks for at start. A model that fails is named in <see cref="Index"/> and the log; the
    /// others serve.
    /// </summary>
    /// <exception cref="ModelRepositoryException">The repository cannot be read, or a named model is not in
    /// it.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = _repository.Read();
        bool all = _options.Mode is ModelControlMode.All or ModelControlMode.Poll || _options.LoadModel.Contains("*");
        if (
            _options.LoadModel.FirstOrDefault(name => !all && folders.All(folder => folder.Name != name)) is { } missing
        )
        {
            throw new ModelRepositoryException(
                $"--load-model {missing}: there is no such model in '{_repository.Path}'; there are: "
                    + $"{string.Join(", ", folders.Select(folder => folder.Name))}"
            );
        }

        foreach (ModelFolder folder in folders.Where(folder => all || _options.LoadModel.Contains(folder.Name)))
        {
            _polled[folder.Name] = folder.Fingerprint();
            await _lifecycle.LoadAsync(folder.Name, replacement: null, cancellationToken).ConfigureAwait(false);
        }

        IsReady = true;
    }

    /// <summary>
    /// Loads a model, or what has changed of it: what is new is warm and serving before what it replaces drains. Where
    /// nothing of it can be loaded, what served before goes on.
    /// </summary>
    /// <returns>Whether it serves now as its files ask; the reason is in <see cref="Index"/> where not.</returns>
    public async Task<bool> LoadAsync(string name, CancellationToken cancellationToken) =>
        (await LoadAsync(name, replacement: null, cancellationToken).ConfigureAwait(false)).IsReady;

    /// <summary>The same, from what a load request gives in place of the repository's files.</summary>
    public Task<LoadResult> LoadAsync(string name, ModelOverride? replacement, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _demand.SetUnloaded(name, unloaded: false);
        return _lifecycle.LoadAsync(name, replacement, cancellationToken);
    }

    /// <summary>Stops serving a model: refuses new requests, answers queued ones, and gives its memory back.</summary>
    /// <returns>False when it was not loaded.</returns>
    public Task<bool> UnloadAsync(string name, CancellationToken cancellationToken) =>
        UnloadAsync(name, dependents: false, cancellationToken);

    /// <summary>The same; with <paramref name="dependents"/> also the steps of an ensemble.</summary>
    public Task<bool> UnloadAsync(string name, bool dependents, CancellationToken cancellationToken)
    {
        _demand.SetUnloaded(name, unloaded: _table.Index.ContainsKey(name) || _repository.Has(name));
        return _lifecycle.UnloadAsync(name, dependents, "unloaded", cancellationToken);
    }

    /// <summary>
    /// Brings what serves in line with the repository: loads new and changed models, unloads removed ones.
    /// </summary>
    /// <exception cref="ModelRepositoryException">The repository itself is away; nothing has changed then.</exception>
    /// <exception cref="AggregateException">What went wrong with single models, after all others were looked
    /// at.</exception>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = _repository.Read();
        List<Exception> failures = [];
        foreach (ModelFolder folder in folders)
        {
            await TryAsync(() => FollowAsync(folder, cancellationToken)).ConfigureAwait(false);
        }

        // What other nodes gave this one stays: it was never in the folder.
        HashSet<string> names = [.. folders.Select(folder => folder.Name)];
        string[] absent = [.. _polled.Keys.Where(name => !names.Contains(name))];
        foreach (string gone in absent)
        {
            await TryAsync(() => ForgetAsync(gone, cancellationToken)).ConfigureAwait(false);
        }
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }

        async Task TryAsync(Func<Task> follow)
        {
            try
            {
                await follow().ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(exception);
            }
        }
    }

    /// <summary>In mode <c>demand</c>: unloads what has been unused for too long.</summary>
    public Task SweepAsync() => _evictor.SweepAsync();

    /// <summary>Changes the intra-op threads of a serving model, by a new session beside the old one.</summary>
    public Task SetThreadsAsync(ModelReplica replica, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return SetSessionAsync(replica, threads, replica.Variant, cancellationToken);
    }

    /// <summary>
    /// Changes the intra-op threads or the variant of a serving model, by a new session beside the old one.
    /// </summary>
    /// <exception cref="Sessions.ModelLoadException">There is no such variant that may be used, it cannot be loaded, or
    /// there is no memory for it; nothing has changed then.</exception>
    public async Task SetSessionAsync(
        ModelReplica replica,
        int threads,
        string variant,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(replica);
        using (await _locks.TakeAsync(replica.Name, cancellationToken).ConfigureAwait(false))
        {
            await _loader.SetSessionAsync(replica, threads, variant).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// All models in the repository, asked for or not; the reason says what their folders alone tell against them.
    /// </summary>
    /// <exception cref="ModelRepositoryException">It cannot be read.</exception>
    public IReadOnlyList<ModelStatus> RepositoryIndex() =>
        [
            .. _repository
                .Read()
                .Select(folder =>
                    folder.Problem is { } problem
                        ? new ModelStatus(folder.Name, "", ModelState.Unavailable, problem)
                        : new ModelStatus(folder.Name, "", ModelState.Unknown, "")
                ),
        ];

    /// <summary>
    /// What serves a version, or the highest one for an empty <paramref name="version"/>; null and why there is none.
    /// </summary>
    public IServedModel? Find(string name, string version, out InferenceError error, out string message)
    {
        error = InferenceError.None;
        message = "";
        if (_table.TryGet(name, out ServedVersions? served))
        {
            if (served.Find(version) is { } loaded)
            {
                return loaded.Model;
            }
            error = InferenceError.NotFound;
            message =
                $"Request for unknown model: '{name}' version {version} is not found; ready versions: "
                + $"{string.Join(", ", ReadyVersions(name))}";
            return null;
        }

        if (_table.Index.TryGetValue(name, out ModelStatus[]? lines) && lines.Length > 0)
        {
            error = InferenceError.Unavailable;
            message =
                $"Request for unknown model: '{name}' is not ready: "
                + $"{(lines[^1].Reason.Length > 0 ? lines[^1].Reason : lines[^1].State.ToString())}";
            return null;
        }

        error = InferenceError.NotFound;
        message = $"Request for unknown model: '{name}' is not found";
        return null;
    }

    /// <summary>
    /// Runs a request, whose tensors it takes over; in mode <c>demand</c> after its model has been loaded.
    /// </summary>
    public ValueTask<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            IServedModel? model = Find(
                request.ModelName,
                request.ModelVersion,
                out InferenceError error,
                out string message
            );
            if (model is null)
            {
                // Of a model that is there, only a version can be missing; the model may come and go between the two
                // looks.
                bool lacksVersion =
                    error == InferenceError.NotFound
                    && _table.TryGet(request.ModelName, out ServedVersions? served)
                    && served.Find(request.ModelVersion) is null;
                if (_options.Mode == ModelControlMode.Demand && !lacksVersion)
                {
                    return MissingAsync(request, error, message, cancellationToken);
                }
                request.Dispose();
                return new ValueTask<InferenceResponse>(InferenceResponse.Failure(request, error, message));
            }

            // A replica that is being replaced takes nothing more; its successor was published before it closed.
            if (model.TryInfer(request, cancellationToken, out ValueTask<InferenceResponse> answer))
            {
                return answer;
            }
        }
    }

    /// <summary>Waits, in mode <c>demand</c>, until a model of the repository is loaded.</summary>
    /// <returns>Null once it serves; else why it cannot, or an empty text where no request loads it.</returns>
    public async Task<string?> EnsureLoadedAsync(string name, CancellationToken cancellationToken)
    {
        if (_table.TryGet(name, out _))
        {
            return null;
        }
        if (_options.Mode != ModelControlMode.Demand || !_repository.Has(name))
        {
            return "";
        }
        if (_demand.Refusal(name) is { } refusal)
        {
            return refusal;
        }
        LoadResult result = await _demand.LoadAsync(name, cancellationToken).ConfigureAwait(false);
        return result.IsReady || _table.TryGet(name, out _) ? null : result.Reason;
    }

    /// <summary>The completed configuration of what serves, as JSON.</summary>
    public string ConfigJson(IServedModel model) => Loaded(model)?.ConfigJson ?? "{}";

    /// <summary>What a model has done, with the memory that it holds.</summary>
    public InferenceStatistics Statistics(IServedModel model) =>
        model.ReadStatistics() with
        {
            MemoryBytes = Loaded(model)?.Memory?.Bytes ?? 0,
        };

    /// <summary>The lines of an output's <c>label_filename</c>; none where there is no such file.</summary>
    public IReadOnlyList<string> Labels(IServedModel model, string output)
    {
        if (
            Loaded(model) is not { } loaded
            || loaded.Source.Config.Output.FirstOrDefault(configured => configured.Name == output)?.LabelFilename
                is not { Length: > 0 } file
        )
        {
            return [];
        }
        string path = Path.Combine(loaded.Source.Folder.Path, file);
        if (Path.GetFileName(file) != file || FileStatus.Of(path).Kind != FileKind.Regular)
        {
            return [];
        }
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The versions of a model that serve, ascending.</summary>
    public string[] ReadyVersions(string name) =>
        _table.TryGet(name, out ServedVersions? served) ? [.. served.All.Select(version => version.Model.Version)] : [];

    /// <summary>Drains and unloads everything and ends the engine's threads.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        IsReady = false;
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (string name in _table.Served.Keys)
        {
            await _lifecycle
                .UnloadAsync(name, dependents: false, "the server is shutting down", CancellationToken.None)
                .ConfigureAwait(false);
        }
        _scheduler.Dispose();
        _loadSlots.Dispose();
        _stopping.Dispose();
    }

    private async Task FollowAsync(ModelFolder folder, CancellationToken cancellationToken)
    {
        string fingerprint = folder.Fingerprint();
        if (_polled.GetValueOrDefault(folder.Name) == fingerprint)
        {
            return;
        }
        _polled[folder.Name] = fingerprint;
        _withdrawn.TryRemove(folder.Name, out _);
        await _lifecycle.LoadAsync(folder.Name, replacement: null, cancellationToken).ConfigureAwait(false);
    }

    private async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        _polled.Remove(name);
        _withdrawn[name] = 0;
        await _lifecycle
            .UnloadAsync(name, dependents: false, "its folder is gone", cancellationToken)
            .ConfigureAwait(false);
        _table.SetIndex(name, null);
    }

    private async ValueTask<InferenceResponse> MissingAsync(
        InferenceRequest request,
        InferenceError error,
        string message,
        CancellationToken cancellationToken
    )
    {
        TimeSpan start = _clock.Now;
        using CancellationTokenSource deadline = new(
            request.Timeout > TimeSpan.Zero ? request.Timeout : Timeout.InfiniteTimeSpan,
            _clock.Time
        );
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            deadline.Token
        );
        try
        {
            if (await EnsureLoadedAsync(request.ModelName, wait.Token).ConfigureAwait(false) is { } reason)
            {
                request.Dispose();
                return reason.Length == 0
                    ? InferenceResponse.Failure(request, error, message)
                    : InferenceResponse.Failure(
                        request,
                        InferenceError.Unavailable,
                        $"Request for unknown model: '{request.ModelName}' is not ready: {reason}"
                    );
            }
        }
        catch (OperationCanceledException)
        {
            request.Dispose();
            return cancellationToken.IsCancellationRequested
                ? InferenceResponse.Failure(request, InferenceError.Cancelled, "the request was cancelled")
                : InferenceResponse.Failure(
                    request,
                    InferenceError.DeadlineExceeded,
                    $"the deadline passed while model '{request.ModelName}' was being loaded"
                );
        }

        TimeSpan load = _clock.Now - start;
        InferenceResponse response = await InferAsync(request.After(load), cancellationToken).ConfigureAwait(false);
        return response with { Timings = response.Timings with { Load = response.Timings.Load + load } };
    }

    /// <summary>A ready model's line says what its operator should know of it.</summary>
    private ModelStatus WithNotice(ModelStatus line)
    {
        if (line.State != ModelState.Ready || line.Reason.Length > 0)
        {
            return line;
        }
        return _table.TryGet(line.Name, out ServedVersions? served) && served.Find(line.Version) is { } loaded
            ? line with
            {
                Reason = loaded.Model.Notice,
            }
            : line;
    }

    private LoadedVersion? Loaded(IServedModel model) =>
        _table.TryGet(model.Name, out ServedVersions? served)
            ? served.All.FirstOrDefault(version => version.Model == model)
            : null;
}
