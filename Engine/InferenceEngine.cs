using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Engine.Content;
using OrleansInference.Engine.Diagnostics;
using OrleansInference.Engine.Emulation;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Execution;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Memory;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
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
    private readonly EngineScheduler _scheduler;
    private readonly EngineClock _clock;
    private readonly ModelTable _table = new();
    private readonly ModelLocks _locks = new();
    private readonly Evictor _evictor;
    private readonly VersionLoader _versions;
    private readonly ModelLifecycle _lifecycle;
    private readonly DemandLoader _demand;
    private readonly RequestExecutor _executor;
    private readonly RepositoryFollower _follower;
    private readonly SemaphoreSlim _loadSlots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILogger _logger;
    private int _disposed;
    private bool _isReady;
    private bool _isWithoutRepository;

    /// <summary>Creates it; nothing is loaded yet.</summary>
    public InferenceEngine(IOptions<EngineOptions> options, TimeProvider time, ILogger<InferenceEngine> logger)
    {
        _options = options.Value;
        _logger = logger;
        _repository = new ModelRepository(
            [_options.Models, .. _options.MoreModels],
            new ConfigRead(_options.ModelConfigName, _options.StrictModelConfig)
        );
        _scheduler = new EngineScheduler(_options.Threads > 0 ? _options.Threads : Environment.ProcessorCount);
        long limit =
            _options.MemoryLimitMiB > 0
                ? _options.MemoryLimitMiB << 20
                // A fifth is left to what is no model: requests, buffers, .NET itself.
                : (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 0.8);
        _clock = new EngineClock(time);
        EmulatedDevice? device =
            _options.ExecutionProvider.Provider == "emulated"
                ? new EmulatedDevice(DeviceProfile.Read(_options.ExecutionProvider.Profile), _clock)
                : null;
        Memory = new MemoryBudget(device?.Profile.MemoryBytes ?? limit);
        Requests = new RequestLog(time);
        ModelLoader loader = new(_options, device, Memory, _scheduler, _clock, Requests, logger);
        _evictor = new Evictor(Memory, _table, _locks, _options.Mode == ModelControlMode.Demand, _clock, logger);
        _loadSlots = new SemaphoreSlim(_options.ConcurrentLoads);
        _versions = new VersionLoader(loader, _evictor, _table, _loadSlots, _clock, Requests);
        _lifecycle = new ModelLifecycle(_options, _repository, _versions, _table, _locks, logger);
        _demand = new DemandLoader(_lifecycle, _clock, _stopping.Token);
        _follower = new RepositoryFollower(_options, _repository, _lifecycle, _table);
        _executor = new RequestExecutor(_options, _table, _repository, _demand, _clock);
        Content = new EngineContent(_table, _repository);
        int threads = _options.Threads > 0 ? _options.Threads : int.MaxValue;
        Tuner = new ReplicaTuner(_table, loader, _locks, _scheduler, _executor, _clock)
        {
            Parallelism = device?.Profile.Lanes ?? Math.Min(threads, Environment.ProcessorCount),
        };
    }

    /// <summary>Memory reserved for models.</summary>
    public MemoryBudget Memory { get; }

    /// <summary>The last requests.</summary>
    public RequestLog Requests { get; }

    /// <summary>The contents of models, to give to other nodes.</summary>
    public EngineContent Content { get; }

    /// <summary>Changes how replicas run, and measures them.</summary>
    public ReplicaTuner Tuner { get; }

    /// <summary>When models are loaded.</summary>
    public ModelControlMode Mode => _options.Mode;

    /// <summary>Where models are read from.</summary>
    public string RepositoryPath => _repository.Path;

    /// <summary>Model versions loaded since the start.</summary>
    public long Loads => _versions.Loads;

    /// <summary>Models that were unloaded to make room, or because nobody used them.</summary>
    public long Evictions => _evictor.Evictions;

    /// <summary>
    /// True from the end of the first load until disposal; where readiness is strict, while every model that was asked
    /// for serves.
    /// </summary>
    public bool IsReady => _isReady && (!_options.StrictReadiness || Mode == ModelControlMode.Demand || _table.IsWhole);

    /// <summary>False from a start without a repository until one can be read.</summary>
    public bool IsLive => !_isWithoutRepository;

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
    /// <exception cref="ModelRepositoryException">Something went wrong that <see cref="EngineOptions.ExitOnError"/> ends
    /// the server for.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _follower.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModelRepositoryException exception) when (_options.ExitOnError == StartErrors.False)
        {
            // It answers whoever asks why, and is neither live nor ready: a probe may try a new start.
            _isWithoutRepository = true;
            LogNothingLoaded(exception.Message);
            return;
        }
        if (_options.ExitOnError == StartErrors.True && _table.Failures is { Count: > 0 } failures)
        {
            throw new ModelRepositoryException(
                $"Not every model could be loaded, and --exit-on-error is true: {string.Join("; ", failures)}"
            );
        }
        _isReady = true;
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
    public Task<bool> UnloadAsync(string name, CancellationToken cancellationToken)
    {
        SetUnloaded(name);
        return _lifecycle.UnloadAsync(name, dependents: false, ModelTable.Unloaded, cancellationToken);
    }

    /// <summary>
    /// The same by somebody's request, with the ensembles that have it as a step; with <paramref name="dependents"/>
    /// also the steps of an ensemble.
    /// </summary>
    public Task<bool> UnloadAsync(string name, bool dependents, CancellationToken cancellationToken)
    {
        SetUnloaded(name);
        return _lifecycle.WithdrawAsync(name, dependents, ModelTable.Unloaded, cancellationToken);
    }

    /// <summary>
    /// Brings what serves in line with the repository: loads new and changed models, unloads removed ones.
    /// </summary>
    /// <exception cref="ModelRepositoryException">The repository itself is away; nothing has changed then.</exception>
    /// <exception cref="AggregateException">What went wrong with single models, after all others were looked
    /// at.</exception>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await _follower.PollAsync(cancellationToken).ConfigureAwait(false);
        // A repository that was away at the start is there now.
        _isWithoutRepository = false;
        _isReady = _disposed == 0;
    }

    /// <summary>In mode <c>demand</c>: unloads what has been unused for too long.</summary>
    public Task SweepAsync() => _evictor.SweepAsync();

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
    public IServedModel? Find(string name, string version, out InferenceError error, out string message) =>
        _table.Find(name, version, out error, out message);

    /// <summary>
    /// Runs a request, whose tensors it takes over; in mode <c>demand</c> after its model has been loaded. The steps of
    /// an ensemble run on this node.
    /// </summary>
    public ValueTask<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken) =>
        _executor.InferAsync(request, cancellationToken);

    /// <summary>The same, with the steps of an ensemble wherever <paramref name="steps"/> runs them.</summary>
    public ValueTask<InferenceAnswer> InferAsync(
        InferenceCall request,
        StepRunner steps,
        CancellationToken cancellationToken
    ) => _executor.InferAsync(request, steps, cancellationToken);

    /// <summary>Waits, in mode <c>demand</c>, until a model of the repository is loaded.</summary>
    public Task<DemandResult> EnsureLoadedAsync(string name, CancellationToken cancellationToken) =>
        _executor.EnsureLoadedAsync(name, cancellationToken);

    /// <summary>The completed configuration of what serves, as JSON.</summary>
    public string ConfigJson(IServedModel model) => Loaded(model)?.ConfigJson ?? "{}";

    /// <summary>What a model has done, with the memory that it holds.</summary>
    public InferenceStatistics Statistics(IServedModel model) =>
        model.ReadStatistics() with
        {
            MemoryBytes = Loaded(model)?.Memory?.Bytes ?? 0,
        };

    /// <summary>
    /// The lines of an output's <c>label_filename</c>; none where there is no such file. An ensemble that names none has
    /// those of the step that makes the output.
    /// </summary>
    public IReadOnlyList<string> Labels(IServedModel model, string output)
    {
        if (Loaded(model) is not { } loaded)
        {
            return [];
        }
        IReadOnlyList<string> own = LabelFiles.Read(loaded.Source.Folder, loaded.Source.Config, output);
        if (own.Count > 0 || model is not EnsembleModel ensemble)
        {
            return own;
        }
        foreach (EnsembleStep step in ensemble.Plan.Steps)
        {
            string? made = step.Outputs.FirstOrDefault(pair => pair.Value == output).Key;
            if (made is not null && Find(step.ModelName, step.ModelVersion, out _, out _) is { } maker)
            {
                return Labels(maker, made);
            }
        }
        return [];
    }

    /// <summary>Whether the repository has a model of that name.</summary>
    public bool HasInRepository(string name) => _repository.Has(name);

    /// <summary>
    /// Whether the mode asks for a model at start, so that it is to be served without anybody's request.
    /// </summary>
    public bool IsWanted(string name) => _follower.IsWanted(name);

    /// <summary>Models whose folders went while the repository was followed.</summary>
    public IReadOnlyCollection<string> Withdrawn => _follower.Withdrawn;

    /// <summary>Bytes reserved for a served model, all versions together; 0 where it is not served.</summary>
    public long MemoryOfServed(string name) =>
        _table.TryGet(name, out ServedVersions? served) ? served.All.Sum(version => version.Memory?.Bytes ?? 0) : 0;

    /// <summary>What models can run on here, by ONNX Runtime's names.</summary>
    public IReadOnlyList<string> Devices =>
        _options.ExecutionProvider.Provider switch
        {
            "cpu" => [ExecutionProviderChoice.Cpu],
            "emulated" => [EmulatedDevice.Provider],
            _ => [.. OnnxRuntimeEnvironment.AvailableProviders],
        };

    /// <summary>
    /// Serves a model from a folder that was fetched from another node: <paramref name="folder"/><c>/model</c> has the
    /// model's layout. The engine takes the folder over and deletes it with the model, or where it cannot be loaded.
    /// </summary>
    public async Task<LoadResult> LoadFetchedAsync(
        string name,
        string folder,
        string? configJson,
        CancellationToken cancellationToken
    )
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _demand.SetUnloaded(name, unloaded: false);
        OverrideFolder fetched = OverrideFolder.Adopt(name, folder);
        try
        {
            return await _lifecycle
                .LoadFetchedAsync(name, fetched, configJson, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            if (Content.SourceOfServed(name)?.Temporary != fetched)
            {
                fetched.Dispose();
            }
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
        _isReady = false;
        // Loads on demand end first, or they would bring back what is unloaded here.
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (string name in _table.Served.Keys)
        {
            await _lifecycle
                .UnloadAsync(name, dependents: false, "the server is shutting down", CancellationToken.None)
                .ConfigureAwait(false);
        }
        // The threads last: draining runs what is still queued.
        _scheduler.Dispose();
        _loadSlots.Dispose();
        _stopping.Dispose();
    }

    /// <summary>First of an unload, or a request would load the model again while it drains.</summary>
    private void SetUnloaded(string name) =>
        // Only names of models are kept, or callers could fill memory with others.
        _demand.SetUnloaded(name, unloaded: _table.Index.ContainsKey(name) || _repository.Has(name));

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
                Reason = loaded.Notice,
            }
            : line;
    }

    private LoadedVersion? Loaded(IServedModel model) =>
        _table.TryGet(model.Name, out ServedVersions? served)
            ? served.All.FirstOrDefault(version => version.Model == model)
            : null;

    [LoggerMessage(EventId = 1017, Level = LogLevel.Error, Message = "No model is loaded: {Reason}")]
    private partial void LogNothingLoaded(string reason);
}
