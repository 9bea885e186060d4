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
/// Looks at the cluster every second, and at once when something was asked for: collects reports, plans, stores the plan,
/// publishes it with the routing table, and has it carried out. Its turns interleave, its looks do not.
/// </summary>
[KeepAlive]
[Immovable]
[Reentrant]
internal sealed partial class PlacementDirectorGrain : Grain, IPlacementDirectorGrain, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
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
    private DirectorState _state = new(), _saved = new();
    private AgentPlanner _agent;
    private RoutingTable _routing = RoutingTable.Empty;
    private TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _observedAt;
    private bool _looking, _again, _adopted;

    public PlacementDirectorGrain(
        [PersistentState("director")] IPersistentState<DirectorState> stored, NodeServices services, ISiloStatusOracle membership, ClusterNode node, IOptions<AgentOptions> options, IEnumerable<IPlanTrial> trials, PolicySlot policy, TimeProvider time, ILogger<PlacementDirectorGrain> logger)
    {
        (_stored, _services, _node, _options, _trial, _time, _logger) = (stored, services, node, options.Value, trials.FirstOrDefault(), time, logger);
        _policy = policy;
        _agent = new AgentPlanner(_options, _trial) { Policy = policy };
        _telemetry = new Telemetry(services, membership, time);
        _executor = new PlanExecutor(GrainFactory, services, time, logger, LookSoon);
    }

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _state = _saved = _stored.RecordExists ? _stored.State : new DirectorState();
        _agent = new AgentPlanner(_options, _trial, new DecisionLog(_options.Remembered, _time.GetUtcNow, _state.Decisions)) { Mode = _state.Mode ?? _options.Mode, Policy = _policy };
        this.RegisterGrainTimer(_ => LookAsync(), new GrainTimerCreationOptions(TimeSpan.Zero, Period) { Interleave = true, KeepAlive = true });
        LogActive(_node.Name, _state.Plan.Epoch);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task EnsureAsync()
    {
        LookSoon();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task<string[]> LoadAsync(string model, SiloAddress source)
    {
        NodeReport report = await _services.Of(source).ReportAsync();
        ModelOffer offer = Array.Find(report.Offers, known => known.Name == model) ?? throw new InferenceException(InferenceError.Internal, $"failed to load '{model}': node '{report.Name}' does not have it any more");
        _unloading.Remove(model);
        _executor.Retry(model);
        DesiredModel desired = new() { Revision = offer.Revision, ContentTime = _time.GetUtcNow(), MemoryBytes = offer.MemoryBytes, IsRequested = true };
        await StoreAsync(_state with { Desired = _state.Desired.SetItem(model, desired) });
        await UntilAsync(() => _state.Plan.Find(model) is { } plan && plan.Revision == offer.Revision && !_executor.IsBusy(model) && PlanExecutor.IsCarriedOut(_state.Plan, model, _telemetry.Alive));
        ModelPlan planned = _state.Plan.Find(model) ?? throw new InferenceException(InferenceError.Unavailable, $"model '{model}' was unloaded while it was loading");
        return planned.Replicas.Length > 0 ? planned.Refusals : throw new InferenceException(InferenceError.Internal, $"failed to load '{model}': {string.Join("; ", planned.Refusals)}");
    }

    /// <inheritdoc />
    public async Task<bool> UnloadAsync(string model)
    {
        await LookAsync();
        SiloAddress[] nodes = [.. _telemetry.Alive.Where(report => report.Replicas.Any(replica => replica.Model == model)).Select(report => report.Address)];
        bool known = nodes.Length > 0 || _state.Desired.ContainsKey(model);
        _unloading.Add(model);
        if (_state.Desired.ContainsKey(model)) await StoreAsync(_state with { Desired = _state.Desired.Remove(model) });
        await UntilAsync(() => _state.Plan.Find(model) is null && !_executor.IsBusy(model) && PlanExecutor.IsCarriedOut(_state.Plan, model, _telemetry.Alive));
        await Task.WhenAll(nodes.Select(node => _services.Of(node).ReleaseAsync(model, CancellationToken.None)));
        await LookAsync();
        return known;
    }

    /// <inheritdoc />
    public async Task DrainAsync(string node, bool drain)
    {
        await LookAsync();
        if (_telemetry.Alive.All(report => report.Name != node)) throw new InferenceException(InferenceError.NotFound, $"there is no node '{node}'; there are: {string.Join(", ", _telemetry.Alive.Select(report => report.Name).Order(StringComparer.Ordinal))}");
        await StoreAsync(_state with { Drained = drain ? _state.Drained.Add(node) : _state.Drained.Remove(node) });
        await UntilAsync(() => !drain || _state.Plan.Nodes.All(other => other.Draining) || (IsEmpty(node) && _state.Plan.Nodes.Any(other => other.Name == node && other.Draining)));
    }

    /// <inheritdoc />
    public async Task PinAsync(string model, ModelPin? pin)
    {
        if (pin is not null && PinCheck.Wrong(pin, [.. _telemetry.Alive.Select(report => report.Name)]) is { } wrong) throw new InferenceException(InferenceError.InvalidArgument, wrong);
        await StoreAsync(_state with { Pins = pin is null ? _state.Pins.Remove(model) : _state.Pins.SetItem(model, pin) });
        await LookAsync();
    }

    /// <inheritdoc />
    public Task<ClusterState> GetStateAsync()
    {
        // Whoever watches asks again soon, and is to see something new then.
        if (_time.GetUtcNow() - _observedAt >= Watched) LookSoon();
        return Task.FromResult(new ClusterState(_state.Plan, _routing, [.. _telemetry.Alive.OrderBy(report => report.Name, StringComparer.Ordinal)], _state.Pins.ToDictionary(pin => pin.Key, pin => pin.Value), _node.Name, _observedAt));
    }

    /// <inheritdoc />
    public Task<ClusterBackup> GetBackupAsync() => Task.FromResult(new ClusterBackup(
        [.. _state.Desired.Where(model => model.Value.IsRequested).Select(model => model.Key)], _state.Pins.ToDictionary(pin => pin.Key, pin => pin.Value), [.. _state.Drained.Order(StringComparer.Ordinal)], _state.Mode));

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
        if (!_agent.Answer(decision, approve)) throw new InferenceException(InferenceError.NotFound, $"decision {decision} does not wait for an answer");
        await LookAsync();
    }

    /// <inheritdoc />
    public Task ResumeAgentAsync()
    {
        _agent.Resume();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose() => _writing.Dispose();

    /// <summary>The decisions that are stored: those that changed something or were to; the same object where they are the same.</summary>
    private ImmutableArray<AgentDecision> Worthwhile(ImmutableArray<AgentDecision> stored)
    {
        AgentDecision[] now = [.. _agent.Decisions.All.Where(decision => decision.Outcome != DecisionOutcome.Kept).TakeLast(MostStored)];
        return now.SequenceEqual(stored) ? stored : [.. now];
    }

    private bool IsEmpty(string node) => _telemetry.Alive.Where(report => report.Name == node).All(report => report.ReplicaGrains.Length == 0)
        && _routing.Models.All(model => model.Replicas.All(replica => _routing.Nodes[replica.Node].Name != node));

    /// <summary>Looks now, or again after the look that is under way.</summary>
    private void LookSoon()
    {
        if (_looking) _again = true;
        else _ = LookAsync();
    }

    private async Task UntilAsync(Func<bool> reached)
    {
        while (true)
        {
            await LookAsync();
            if (reached()) return;
            await _looked.Task;
        }
    }

    private async Task LookAsync()
    {
        if (_looking)
        {
            // What was asked for meanwhile is seen by the next look only.
            _again = true;
            await _looked.Task;
            return;
        }

        _looking = true;
        try
        {
            do
            {
                _again = false;
                await LookOnceAsync();
            }
            while (_again);
        }
        catch (InconsistentStateException exception)
        {
            // Another director has written: it is the one.
            LogReplaced(exception.Message);
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            // Whatever it is, nodes go on with what they have, and the next look may do better.
            LogFailed(exception.Message);
        }
        finally
        {
            _looking = false;
            TaskCompletionSource looked = _looked;
            _looked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            looked.TrySetResult();
        }
    }

    private async Task LookOnceAsync()
    {
        await _telemetry.CollectAsync();
        _observedAt = _time.GetUtcNow();
        if (_telemetry.Alive.Count == 0) return;
        _scores.Observe([.. _telemetry.Alive], _time.GetUtcNow());
        if (!_adopted) await AdoptAsync();
        _unloading.RemoveWhere(model => _telemetry.Alive.All(report => report.Offers.All(offer => offer.Name != model)));
        DirectorState observed = _state, next = _state with { Desired = DesiredModels.Merge(_state.Desired, _telemetry.Answering, _unloading) };
        ClusterObservation observation = ClusterObserver.Observe(_telemetry.Alive, next.Desired, next.Pins, next.Drained, _executor.Failures, _telemetry.Demand) with { Now = _time.GetUtcNow() - DateTimeOffset.UnixEpoch, Reports = _telemetry.Alive };
        // A decision may try plans out for a tenth of a second: not on a thread that membership depends on.
        ClusterPlan before = next.Plan, plan = await Task.Run(() => _agent.Plan(observation, before));
        // What was asked for meanwhile counts.
        next = next with { Pins = _state.Pins, Drained = _state.Drained, Mode = _state.Mode, Decisions = Worthwhile(next.Decisions) };
        if (_state.Desired != observed.Desired) next = next with { Desired = DesiredModels.Merge(_state.Desired, _telemetry.Answering, _unloading) };
        if (!PlanComparison.AreAlike(plan, _state.Plan)) next = next with { Plan = plan with { Epoch = _state.Plan.Epoch + 1, CreatedAt = _time.GetUtcNow() } };
        if (next != _state)
        {
            await StoreAsync(next);
            LogPlanned(next.Plan.Epoch, next.Plan.Nodes.Length, next.Plan.Models.Length);
        }

        RoutingTable routing = RoutingTables.Build(_state.Plan, _telemetry.Answering, _routing.Sequence + 1);
        if (!RoutingTables.AreAlike(routing, _routing)) _routing = routing;
        await PublishAsync();
        _executor.Carry(_state.Plan, _telemetry.Answering);
    }

    /// <summary>Where storage has lost the plan, or never had it, the nodes' own is the one to go on from.</summary>
    private async Task AdoptAsync()
    {
        long sequence = 0;
        foreach (NodeReport report in _telemetry.Alive.Where(report => report.PlanEpoch >= _state.Plan.Epoch && report.PlanEpoch > 0))
        {
            (ClusterPlan plan, RoutingTable routing) = await _services.Of(report.Address).GetPlanAsync();
            sequence = Math.Max(sequence, routing.Sequence);
            if (plan.Epoch <= _state.Plan.Epoch) continue;
            ImmutableSortedDictionary<string, DesiredModel> desired = _state.Desired;
            foreach (ModelPlan model in plan.Models.Where(model => !desired.ContainsKey(model.Name)))
            {
                ModelOffer? offer = _telemetry.Alive.SelectMany(other => other.Offers).FirstOrDefault(offer => offer.Name == model.Name && offer.Revision == model.Revision);
                desired = desired.SetItem(model.Name, new DesiredModel { Revision = model.Revision, ContentTime = plan.CreatedAt, MemoryBytes = offer?.MemoryBytes ?? 0, IsRequested = offer is not { IsWanted: true } });
            }

            ImmutableHashSet<string> drained = [.. _state.Drained, .. plan.Nodes.Where(node => node.Draining && _telemetry.Alive.Any(other => other.Name == node.Name && !other.Draining)).Select(node => node.Name)];
            _state = _state with { Plan = plan, Desired = desired, Drained = drained };
        }

        // A director's first table is newer than any of its predecessor's.
        _routing = _routing with { Sequence = sequence };
        _adopted = true;
    }

    /// <summary>Decides and stores, one write at a time; what cannot be stored is not decided.</summary>
    private async Task StoreAsync(DirectorState next)
    {
        _state = next;
        await _writing.WaitAsync();
        try
        {
            if (_saved == _state) return;
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

    private async Task PublishAsync()
    {
        ClusterPlan plan = _state.Plan;
        RoutingTable routing = _routing;
        if (routing.Epoch == 0 && plan.Epoch == 0) return;
        long[] epochs = await Task.WhenAll(_telemetry.Answering.Where(report => report.PlanEpoch < plan.Epoch || report.RoutingSequence < routing.Sequence).Select(report => PublishAsync(report.Address, plan, routing)));
        if (epochs.All(epoch => epoch <= plan.Epoch)) return;
        LogReplaced($"a node follows epoch {epochs.Max()}");
        DeactivateOnIdle();
    }

    private async Task<long> PublishAsync(SiloAddress node, ClusterPlan plan, RoutingTable routing)
    {
        try
        {
            return await _services.Of(node).ApplyPlanAsync(plan, routing).WaitAsync(Patience, _time);
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException)
        {
            return 0;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The placement director lives on {Node} and goes on from epoch {Epoch}")]
    private partial void LogActive(string node, long epoch);

    [LoggerMessage(Level = LogLevel.Information, Message = "Plan {Epoch}: {Nodes} nodes, {Models} models")]
    private partial void LogPlanned(long epoch, int nodes, int models);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The placement director was replaced by another: {Reason}")]
    private partial void LogReplaced(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The placement director could not look at the cluster: {Reason}")]
    private partial void LogFailed(string reason);
}
