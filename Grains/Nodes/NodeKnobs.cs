using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// The node's own agent: every half second it sets how its replicas run. It goes by the plan, by what a search on the
/// live replica found, and by what it measures. Without a director it goes on from the last plan.
/// </summary>
internal sealed partial class NodeKnobs : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    private readonly Func<ClusterPlan> _currentPlan;
    private readonly SiloAddress _address;
    private readonly InferenceEngine _engine;
    private readonly IOptions<NodeOptions> _options;
    private readonly PolicySlot _slot;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TunedReplicas _replicas;
    private readonly KnobSearches _searches;
    private readonly QuietLooks _quiet = new();
    private IReadOnlyList<IServedModel> _models = [];
    private ModelReplica[] _served = [];
    private ClusterPlan? _plan;
    private LearnedPolicy? _policy;
    private long _passedAt;
    private ReplicaCounters _all;

    /// <summary>Creates it for a node of the cluster.</summary>
    public NodeKnobs(
        ClusterNode node,
        InferenceEngine engine,
        IOptions<NodeOptions> options,
        PolicySlot policy,
        TimeProvider time,
        ILogger<NodeKnobs> logger
    )
        : this(() => node.Plan, node.Address, engine, options, policy, time, logger) { }

    /// <summary>Creates it for a node that needs no cluster.</summary>
    /// <param name="plan">The plan to follow now.</param>
    /// <param name="address">This node's address in it.</param>
    /// <param name="engine">What serves here.</param>
    /// <param name="options">What the operator says of the node.</param>
    /// <param name="policy">The learned policy in force, if any.</param>
    /// <param name="time">Time.</param>
    /// <param name="logger">Logger.</param>
    internal NodeKnobs(
        Func<ClusterPlan> plan,
        SiloAddress address,
        InferenceEngine engine,
        IOptions<NodeOptions> options,
        PolicySlot policy,
        TimeProvider time,
        ILogger<NodeKnobs> logger
    )
    {
        _currentPlan = plan;
        _address = address;
        _engine = engine;
        _options = options;
        _slot = policy;
        _time = time;
        _logger = logger;
        _replicas = new TunedReplicas(policy);
        _searches = new KnobSearches(_replicas, plan, engine, options, time, TuneAsync, logger);
    }

    /// <summary>What a search found for a served model; null before the first.</summary>
    public KnobProfile? Profile(IServedModel model) =>
        model is ModelReplica replica && _replicas.Find(replica) is { } tuned ? tuned.Profile ?? tuned.Proposal : null;

    /// <summary>Searches the best settings of a replica on the replica itself, and leaves them in force.</summary>
    /// <exception cref="InferenceException">It is not served here, or takes no made-up requests.</exception>
    public Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken) =>
        _searches.SearchAsync(model, version, cancellationToken);

    /// <summary>Measures one setting of a replica on the replica itself.</summary>
    /// <exception cref="InferenceException">It is not served here, takes no made-up requests, or the setting is not
    /// possible.</exception>
    public Task<KnobPoint> MeasureAsync(
        string model,
        string version,
        ReplicaKnobs setting,
        CancellationToken cancellationToken
    ) => _searches.MeasureAsync(model, version, setting, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _searches.Dispose();

    /// <summary>Sets knobs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Period, _time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            await TickAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// What is done each half second: a look, unless nothing can have changed, and the search in idle time.
    /// </summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_quiet.MayPass(IsAsBefore()))
        {
            _passedAt = _time.GetTimestamp();
        }
        else
        {
            await AdjustAsync(cancellationToken).ConfigureAwait(false);
        }
        if (_options.Value.ProfileOnLoad)
        {
            _searches.ProfileIfIdle(_served, cancellationToken);
        }
    }

    /// <summary>
    /// Whether models, plan and policy are those of the last look, and no replica has done anything since or has
    /// anything to do.
    /// </summary>
    private bool IsAsBefore()
    {
        IReadOnlyList<IServedModel> models = _engine.Models;
        ClusterPlan followed = _currentPlan();
        LearnedPolicy? learned = _slot.Current;
        bool isSame =
            ReferenceEquals(models, _models) && ReferenceEquals(followed, _plan) && ReferenceEquals(learned, _policy);
        if (!ReferenceEquals(models, _models))
        {
            _served = [.. models.OfType<ModelReplica>()];
        }
        _models = models;
        _plan = followed;
        _policy = learned;
        return isSame && Array.TrueForAll(_served, IsAsBefore);
    }

    private bool IsAsBefore(ModelReplica replica)
    {
        InferenceStatistics now = replica.ReadStatistics();
        // The very same reading: a new one is made only when something was counted.
        return now.PendingRequests == 0 && _replicas.Find(replica) is { } tuned && ReferenceEquals(now, tuned.Seen);
    }

    private async Task AdjustAsync(CancellationToken cancellationToken)
    {
        _replicas.KeepOnly(_served);
        foreach (ModelReplica replica in _served)
        {
            Read(replica);
        }
        // All are read before any is tuned: each is compared with the others over the same time.
        _all = _replicas.Since;
        foreach (ModelReplica replica in _served)
        {
            await TuneAsync(replica, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TuneAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        TunedReplica tuned = _replicas.Of(replica);
        // A search has the replica to itself.
        if (!await tuned.Setting.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
        {
            return;
        }
        try
        {
            ReplicaKnobs wanted = Wanted(replica, tuned);
            if (wanted == tuned.Applied)
            {
                return;
            }
            // Not asked for again, if it is not possible, until something else is wanted.
            tuned.Applied = wanted;
            await _engine.Tuner.SetKnobsAsync(replica, wanted, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModelLoadException or ObjectDisposedException)
        {
            LogNotSet(replica.Name, exception);
        }
        finally
        {
            tuned.Setting.Release();
        }
    }

    /// <summary>
    /// The plan's knobs, what it leaves open from the search, and what that leaves open from the tuner.
    /// </summary>
    private ReplicaKnobs Wanted(ModelReplica replica, TunedReplica tuned)
    {
        ReplicaKnobs? found = tuned.Profile?.Chosen ?? tuned.Trial?.Current;
        ReplicaKnobs planned = KnobOrder.Merge(KnobOrder.Planned(_currentPlan(), replica.Name, _address), found);
        BatchLimits limits = replica.Limits;
        bool isTuned = KnobOrder.MayTune(
            _options.Value.FastLoop,
            isOnTrial: tuned.Trial is not null,
            configuresBatches: limits.FillToMax || limits.PreferredRows.Count > 0,
            hasSequences: replica.Sequences is not null
        );
        return isTuned ? tuned.Tuner.Tune(View(replica, tuned, planned, limits)) : planned;
    }

    /// <summary>Reads what a replica did since the last look.</summary>
    private void Read(ModelReplica replica)
    {
        TunedReplica tuned = _replicas.Of(replica);
        InferenceStatistics now = replica.ReadStatistics();
        InferenceStatistics before = tuned.Seen ?? now;
        long at = _time.GetTimestamp();
        // Looks that were passed over saw nothing either.
        long since = Math.Max(tuned.SeenAt, _passedAt);
        tuned.Seconds = tuned.SeenAt == 0 ? 0 : _time.GetElapsedTime(since, at).TotalSeconds;
        tuned.Since = ReplicaCounters.From(now).Minus(ReplicaCounters.From(before));
        tuned.Seen = now;
        tuned.SeenAt = at;
        _searches.Follow(
            replica,
            tuned,
            now.Success.Count - before.Success.Count,
            now.Success.Nanoseconds - before.Success.Nanoseconds
        );
    }

    private ReplicaView View(ModelReplica replica, TunedReplica tuned, ReplicaKnobs planned, BatchLimits limits)
    {
        BatchCost cost = replica.Cost;
        ReplicaCounters last = tuned.Since;
        ReplicaCounters others = _all.Minus(last);
        return new ReplicaView
        {
            Now = TimeSpan.FromTicks(tuned.SeenAt),
            Planned = planned,
            Current = replica.Knobs with { MaxRows = BatchPolicy.Cap(limits, cost) },
            Cost = cost,
            MaxRows = limits.MaxRows,
            SloSeconds = replica.Policy.SloP99Ms / 1000,
            Seconds = tuned.Seconds,
            Requests = last.Requests,
            Violations = last.Violations,
            Rows = last.Rows,
            Runs = last.Runs,
            RunSeconds = last.RunSeconds,
            Queued = tuned.Seen?.PendingRequests ?? 0,
            Cores = _engine.Tuner.Parallelism,
            OtherRequests = others.Requests,
            OtherViolations = others.Violations,
            OtherRunSeconds = others.RunSeconds,
        };
    }

    [LoggerMessage(EventId = 2017, Level = LogLevel.Warning, Message = "Model {Model} runs on as before")]
    private partial void LogNotSet(string model, Exception exception);
}
