using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansInference.Agent.Decisions;
using OrleansInference.Agent.Guardrails;
using OrleansInference.Agent.Objective;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Agent.Policy;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// Reconciles the cluster with its plan every second, and at once after a request to change something. It collects
/// reports, plans, stores the plan, publishes it with the routing table, and applies it. Its turns interleave;
/// reconciliations do not.
/// </summary>
[KeepAlive]
[Immovable]
[Reentrant]
internal sealed partial class PlacementDirectorGrain : Grain, IPlacementDirectorGrain, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A state that somebody reads is made anew when it is older than this.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromMilliseconds(350);

    private const int MostStored = 50;

    private readonly IPersistentState<DirectorState> _stored;
    private readonly NodeServices _services;
    private readonly ClusterNode _node;
    private readonly AgentOptions _options;
    private readonly IPlanTrial? _trial;
    private readonly PolicySlot _policy;
    private readonly TimeProvider _time;
    private readonly ILogger<PlacementDirectorGrain> _logger;
    private readonly Telemetry _telemetry;
    private readonly PlanExecutor _executor;
    private readonly ScoreHistory _scores = new();
    private readonly HashSet<string> _unloading = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private DirectorState _state = new();
    private DirectorState _saved = new();
    private AgentPlanner _agent = null!;
    private RoutingTable _routing = RoutingTable.Empty;
    private TaskCompletionSource _reconciled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _observedAt;
    private bool _reconciling;
    private bool _again;
    private bool _adopted;

    public PlacementDirectorGrain(
        [PersistentState("director")] IPersistentState<DirectorState> stored,
        NodeServices services,
        ISiloStatusOracle membership,
        ClusterNode node,
        PlannerSetup setup,
        TimeProvider time,
        ILogger<PlacementDirectorGrain> logger
    )
    {
        _stored = stored;
        _services = services;
        _node = node;
        _options = setup.Options;
        _trial = setup.Trial;
        _time = time;
        _logger = logger;
        _policy = setup.Policy;
        _telemetry = new Telemetry(services, membership, time);
        _executor = new PlanExecutor(
            key => GrainFactory.GetGrain<IModelReplicaGrain>(key),
            services.Of,
            time,
            logger,
            ReconcileSoon
        );
    }

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = _saved = _stored.RecordExists ? _stored.State : new DirectorState();
        _agent = new AgentPlanner(
            _options,
            _trial,
            new DecisionLog(_options.Remembered, _time.GetUtcNow, _state.Decisions)
        )
        {
            Mode = _state.Mode ?? _options.Mode,
            Policy = _policy,
        };
        this.RegisterGrainTimer(
            _ => ReconcileAsync(),
            // Interleaved, since calls must be answered while nodes are asked.
            new GrainTimerCreationOptions(TimeSpan.Zero, Period) { Interleave = true, KeepAlive = true }
        );
        LogActive(_node.Name, _state.Plan.Epoch);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task EnsureAsync()
    {
        ReconcileSoon();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task<string[]> LoadAsync(string model, SiloAddress source)
    {
        NodeReport report = await _services.Of(source).ReportAsync();
        if (Array.Find(report.Offers, known => known.Name == model) is not { } offer)
        {
            // It was loaded, and somebody has unloaded it since: both got what they asked for, in that order.
            return [];
        }
        _unloading.Remove(model);
        // Somebody asks anew: what failed before is tried again at once.
        _executor.Retry(model);
        DesiredModel desired = new()
        {
            Revision = offer.Revision,
            ContentTime = _time.GetUtcNow(),
            MemoryBytes = offer.MemoryBytes,
            IsRequested = true,
        };
        await StoreAsync(_state with { Desired = _state.Desired.SetItem(model, desired) });
        await ReconcileUntilAsync(() =>
            _state.Plan.Find(model) is { } plan
            && plan.Revision == offer.Revision
            && !_executor.IsBusy(model)
            && PlanExecutor.IsApplied(_state.Plan, model, _telemetry.Alive)
        );
        if (_state.Plan.Find(model) is not { } planned)
        {
            return [];
        }
        return planned.Replicas.Length > 0
            ? planned.Refusals
            : throw new InferenceException(
                InferenceError.Internal,
                $"failed to load '{model}': {string.Join("; ", planned.Refusals)}"
            );
    }

    /// <inheritdoc />
    public async Task<bool> UnloadAsync(string model)
    {
        await ReconcileAsync();
        SiloAddress[] nodes =
        [
            .. _telemetry
                .Alive.Where(report => report.Replicas.Any(replica => replica.Model == model))
                .Select(report => report.Address),
        ];
        bool known = nodes.Length > 0 || _state.Desired.ContainsKey(model);
        // Nodes offer it until it has gone: without this the next look would take it for wanted.
        _unloading.Add(model);
        if (_state.Desired.ContainsKey(model))
        {
            await StoreAsync(_state with { Desired = _state.Desired.Remove(model) });
        }
        await ReconcileUntilAsync(() =>
            _state.Plan.Find(model) is null
            && !_executor.IsBusy(model)
            && PlanExecutor.IsApplied(_state.Plan, model, _telemetry.Alive)
        );
        await Task.WhenAll(nodes.Select(node => _services.Of(node).ReleaseAsync(model, CancellationToken.None)));
        await ReconcileAsync();
        return known;
    }

    /// <inheritdoc />
    public async Task DrainAsync(string node, bool drain)
    {
        await ReconcileAsync();
        if (_telemetry.Alive.All(report => report.Name != node))
        {
            throw new InferenceException(
                InferenceError.NotFound,
                $"there is no node '{node}'; there are: "
                    + $"{string.Join(", ", _telemetry.Alive.Select(report => report.Name).Order(StringComparer.Ordinal))}"
            );
        }
        await StoreAsync(_state with { Drained = drain ? _state.Drained.Add(node) : _state.Drained.Remove(node) });
        await ReconcileUntilAsync(() =>
            !drain
            || _state.Plan.Nodes.All(other => other.Draining)
            || (IsEmpty(node) && _state.Plan.Nodes.Any(other => other.Name == node && other.Draining))
        );
    }

    /// <inheritdoc />
    public async Task PinAsync(string model, ModelPin? pin)
    {
        if (
            pin is not null
            && PinCheck.FindProblem(pin, [.. _telemetry.Alive.Select(report => report.Name)]) is { } wrong
        )
        {
            throw new InferenceException(InferenceError.InvalidArgument, wrong);
        }
        await StoreAsync(
            _state with
            {
                Pins = pin is null ? _state.Pins.Remove(model) : _state.Pins.SetItem(model, pin),
            }
        );
        await ReconcileAsync();
    }

    /// <inheritdoc />
    public Task<ClusterState> GetStateAsync()
    {
        // Whoever watches asks again soon, and is to see something new then.
        if (_time.GetUtcNow() - _observedAt >= Watched)
        {
            ReconcileSoon();
        }
        return Task.FromResult(
            new ClusterState(
                _state.Plan,
                _routing,
                [.. _telemetry.Alive.OrderBy(report => report.Name, StringComparer.Ordinal)],
                _state.Pins.ToDictionary(pin => pin.Key, pin => pin.Value),
                _node.Name,
                _observedAt
            )
        );
    }

    /// <inheritdoc />
    public Task<ClusterBackup> GetBackupAsync() =>
        Task.FromResult(
            new ClusterBackup(
                [.. _state.Desired.Where(model => model.Value.IsRequested).Select(model => model.Key)],
                _state.Pins.ToDictionary(pin => pin.Key, pin => pin.Value),
                [.. _state.Drained.Order(StringComparer.Ordinal)],
                _state.Mode
            )
        );

    /// <inheritdoc />
    public Task<AgentState> GetAgentAsync() => Task.FromResult(_agent.State());

    /// <inheritdoc />
    public Task<ScorePoint[]> GetScoresAsync() => Task.FromResult(_scores.Points);

    /// <inheritdoc />
    public async Task SetAgentModeAsync(AgentMode mode)
    {
        await StoreAsync(_state with { Mode = mode });
        _agent.Mode = mode;
    }

    /// <inheritdoc />
    public async Task AnswerAsync(long decision, bool approve)
    {
        if (!_agent.Answer(decision, approve))
        {
            throw new InferenceException(InferenceError.NotFound, $"decision {decision} does not wait for an answer");
        }
        await ReconcileAsync();
    }

    /// <inheritdoc />
    public Task ResumeAgentAsync()
    {
        _agent.Resume();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    /// <summary>
    /// The decisions to store: those that changed something or were to. Returns the same array where they are the same.
    /// </summary>
    private ImmutableArray<AgentDecision> SelectDecisions(ImmutableArray<AgentDecision> stored)
    {
        AgentDecision[] now =
        [
            .. _agent.Decisions.All.Where(decision => decision.Outcome != DecisionOutcome.Kept).TakeLast(MostStored),
        ];
        return now.SequenceEqual(stored) ? stored : [.. now];
    }

    private bool IsEmpty(string node) =>
        _telemetry.Alive.Where(report => report.Name == node).All(report => report.ReplicaGrains.Length == 0)
        && _routing.Models.All(model => model.Replicas.All(replica => _routing.Nodes[replica.Node].Name != node));

    /// <summary>
    /// Stores the state, one write at a time. If it cannot be stored, the state falls back to what was stored last.
    /// </summary>
    private async Task StoreAsync(DirectorState next)
    {
        // At once: whoever has a turn meanwhile sees it, and the next write takes it along.
        _state = next;
        await _writing.WaitAsync();
        try
        {
            // The write before may have taken this change along.
            if (_saved == _state)
            {
                return;
            }
            _stored.State = next = _state;
            await _stored.WriteStateAsync();
            _saved = next;
        }
        catch
        {
            _state = _saved;
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    [LoggerMessage(
        EventId = 2020,
        Level = LogLevel.Information,
        Message = "The placement director lives on {Node} and goes on from epoch {Epoch}"
    )]
    private partial void LogActive(string node, long epoch);

    [LoggerMessage(
        EventId = 2021,
        Level = LogLevel.Information,
        Message = "Plan {Epoch}: {Nodes} nodes, {Models} models"
    )]
    private partial void LogPlanned(long epoch, int nodes, int models);

    [LoggerMessage(
        EventId = 2022,
        Level = LogLevel.Warning,
        Message = "The placement director was replaced by another: {Reason}"
    )]
    private partial void LogReplaced(string reason);

    [LoggerMessage(
        EventId = 2023,
        Level = LogLevel.Warning,
        Message = "The placement director could not look at the cluster"
    )]
    private partial void LogFailed(Exception exception);
}
