using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
/// The node's own agent: every half second it sets how its replicas run, by the plan, by what a search on the live
/// replica found, and by what it measures; without a director it goes on from the last plan.
/// </summary>
internal sealed partial class NodeKnobs(
    ClusterNode node,
    InferenceEngine engine,
    IOptions<NodeOptions> options,
    PolicySlot policy,
    TimeProvider time,
    ILogger<NodeKnobs> logger
) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    /// <summary>Looks without anything new after which every mean over looks has settled.</summary>
    private const int SettledLooks = 60;

    private static readonly TimeSpan SearchWarmup = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SearchTime = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ModelReplica, Tuned> _replicas = new();
    private readonly ConcurrentDictionary<(string Model, string Revision), KnobProfile> _kept = new();
    private readonly SemaphoreSlim _searching = new(1, 1);
    private Task _profiling = Task.CompletedTask;
    private CancellationTokenSource? _profilingEnd;
    private readonly SearchBudget _budget = new();
    private ProcessorTime? _processor;
    private long _processorAt;
    private IReadOnlyList<IServedModel> _models = [];
    private ModelReplica[] _served = [];
    private ClusterPlan? _plan;
    private LearnedPolicy? _policy;
    private long _requests = -1;
    private long _busyAt;
    private long _passedAt;
    private int _quiet;
    private ReplicaCounters _all;

    /// <summary>What a search found for a served model; null before the first.</summary>
    public KnobProfile? Profile(IServedModel model) =>
        model is ModelReplica replica && _replicas.TryGetValue(replica, out Tuned? tuned)
            ? tuned.Profile ?? tuned.Proposal
            : null;

    /// <inheritdoc />
    public void Dispose()
    {
        _profilingEnd?.Dispose();
        _searching.Dispose();
    }

    /// <summary>Sets knobs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            _quiet = IsAsBefore() ? _quiet + 1 : 0;
            if (_quiet > SettledLooks)
            {
                _passedAt = time.GetTimestamp();
            }
            else
            {
                await LookAsync(cancellationToken).ConfigureAwait(false);
            }
            if (options.Value.ProfileOnLoad)
            {
                ProfileIfIdle(_served, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Whether models, plan and policy are those of the last look, and no replica has done anything since or has
    /// anything to do.
    /// </summary>
    private bool IsAsBefore()
    {
        IReadOnlyList<IServedModel> models = engine.Models;
        ClusterPlan plan = node.Plan;
        LearnedPolicy? learned = policy.Current;
        bool isSame =
            ReferenceEquals(models, _models) && ReferenceEquals(plan, _plan) && ReferenceEquals(learned, _policy);
        if (!ReferenceEquals(models, _models))
        {
            _served = [.. models.OfType<ModelReplica>()];
        }
        _models = models;
        _plan = plan;
        _policy = learned;
        return isSame && Array.TrueForAll(_served, IsAsBefore);
    }

    private bool IsAsBefore(ModelReplica replica)
    {
        InferenceStatistics now = replica.ReadStatistics();
        return now.PendingRequests == 0
            && _replicas.TryGetValue(replica, out Tuned? tuned)
            && ReferenceEquals(now, tuned.Seen);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (ModelReplica gone in _replicas.Keys.Except(_served))
        {
            _replicas.TryRemove(gone, out _);
        }
        foreach (ModelReplica replica in _served)
        {
            Read(replica);
        }
        _all = _replicas.Values.Aggregate(default(ReplicaCounters), (sum, tuned) => sum.Plus(tuned.Since));
        foreach (ModelReplica replica in _served)
        {
            await TuneAsync(replica, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TuneAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        Tuned tuned = TunedOf(replica);
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
            await engine.Tuner.SetKnobsAsync(replica, wanted, cancellationToken).ConfigureAwait(false);
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
    private ReplicaKnobs Wanted(ModelReplica replica, Tuned tuned)
    {
        ReplicaKnobs? found = tuned.Profile?.Chosen ?? tuned.Trial?.Current;
        ReplicaKnobs planned = KnobOrder.Merge(KnobOrder.Planned(node.Plan, replica.Name, node.Address), found);
        BatchLimits limits = replica.Limits;
        bool isTuned = KnobOrder.MayTune(
            options.Value.FastLoop,
            isOnTrial: tuned.Trial is not null,
            configuresBatches: limits.FillToMax || limits.PreferredRows.Count > 0,
            hasSequences: replica.Sequences is not null
        );
        return isTuned ? tuned.Tuner.Tune(View(replica, tuned, planned, limits)) : planned;
    }

    /// <summary>Reads what a replica did since the last look.</summary>
    private void Read(ModelReplica replica)
    {
        Tuned tuned = TunedOf(replica);
        InferenceStatistics now = replica.ReadStatistics();
        InferenceStatistics before = tuned.Seen ?? now;
        long at = time.GetTimestamp();
        // Looks that were passed over saw nothing either.
        long since = Math.Max(tuned.SeenAt, _passedAt);
        tuned.Seconds = tuned.SeenAt == 0 ? 0 : time.GetElapsedTime(since, at).TotalSeconds;
        tuned.Since = ReplicaCounters.Of(now).Minus(ReplicaCounters.Of(before));
        tuned.Seen = now;
        tuned.SeenAt = at;
        Follow(
            replica,
            tuned,
            now.Success.Count - before.Success.Count,
            now.Success.Nanoseconds - before.Success.Nanoseconds
        );
    }

    /// <summary>Goes on with the trial of what a search in idle time found.</summary>
    private void Follow(ModelReplica replica, Tuned tuned, long answered, long nanoseconds)
    {
        if (tuned.Trial is not { } trial || !_profiling.IsCompleted)
        {
            return;
        }
        trial.Observe(answered, answered == 0 ? 0 : nanoseconds * 1e-9 / answered);
        if (!trial.IsOver)
        {
            return;
        }
        KnobProfile proposal = tuned.Proposal!;
        KnobProfile kept = trial.IsConfirmed
            ? proposal with
            {
                Reason = $"{proposal.Reason}; {trial.Reason}",
            }
            : proposal with
            {
                Chosen = ReplicaKnobs.Unset,
                Reason = $"what idle time found was not confirmed: {trial.Reason}",
            };
        tuned.Profile = kept;
        tuned.Trial = null;
        if (node.Plan.Find(replica.Name) is { } planned)
        {
            _kept[(replica.Name, planned.Revision)] = kept;
        }
        LogTried(replica.Name, replica.Version, kept.Reason);
    }

    private ReplicaView View(ModelReplica replica, Tuned tuned, ReplicaKnobs planned, BatchLimits limits)
    {
        BatchCost cost = replica.Cost;
        ReplicaCounters last = tuned.Since;
        ReplicaCounters others = _all.Minus(last);
        return new ReplicaView
        {
            Now = TimeSpan.FromTicks(tuned.SeenAt),
            Planned = planned,
            Current = replica.Knobs with { MaxRows = BatchPolicy.Cap(limits, cost) },
            BaseSeconds = cost.BaseSeconds,
            SecondsPerRow = cost.SecondsPerRow,
            MaxRows = limits.MaxRows,
            SloSeconds = replica.Policy.SloP99Ms / 1000,
            Seconds = tuned.Seconds,
            Requests = last.Requests,
            Violations = last.Violations,
            Rows = last.Rows,
            Runs = last.Runs,
            RunSeconds = last.RunSeconds,
            Queued = tuned.Seen?.PendingRequests ?? 0,
            Cores = engine.Tuner.Parallelism,
            OtherRequests = others.Requests,
            OtherViolations = others.Violations,
            OtherRunSeconds = others.RunSeconds,
        };
    }

    [LoggerMessage(EventId = 2014, Level = LogLevel.Information, Message = "Model {Model} version {Version}: {Reason}")]
    private partial void LogSearched(string model, string version, string reason);

    [LoggerMessage(
        EventId = 2015,
        Level = LogLevel.Information,
        Message = "Model {Model} version {Version} after a trial with live requests: {Reason}"
    )]
    private partial void LogTried(string model, string version, string reason);

    [LoggerMessage(
        EventId = 2016,
        Level = LogLevel.Information,
        Message = "A search on model {Model} was thrown away and will be tried again: {Reason}"
    )]
    private partial void LogDisturbed(string model, string reason);

    [LoggerMessage(EventId = 2017, Level = LogLevel.Warning, Message = "Model {Model} runs on as before")]
    private partial void LogNotSet(string model, Exception exception);

    [LoggerMessage(
        EventId = 2018,
        Level = LogLevel.Information,
        Message = "Model {Model} keeps its settings, a search was not possible"
    )]
    private partial void LogNotProfiled(string model, Exception exception);

    private sealed class Tuned(PolicySlot policy)
    {
        public IReplicaTuner Tuner { get; } = new PolicyTuner(policy);

        /// <summary>What it did between the last two looks.</summary>
        public ReplicaCounters Since { get; set; }

        /// <summary>Seconds between them; 0 before the second.</summary>
        public double Seconds { get; set; }

        public KnobProfile? Profile { get; set; }

        /// <summary>What a search in idle time found, until live requests have confirmed or refuted it.</summary>
        public KnobProfile? Proposal { get; set; }

        public KnobTrial? Trial { get; set; }

        /// <summary>Searches in idle time that were begun.</summary>
        public int Searches { get; set; }

        public ReplicaKnobs? Applied { get; set; }

        public bool HasFailed { get; set; }

        /// <summary>Held by whoever sets knobs.</summary>
        public SemaphoreSlim Setting { get; } = new(1, 1);

        public InferenceStatistics? Seen { get; set; }

        public long SeenAt { get; set; }
    }
}
