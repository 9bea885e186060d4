using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Agent.Policy;
using OrleansInference.Engine;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// The node's own agent: every half second it sets how its replicas run, by the plan, by what a search on the live replica
/// found, and by what it measures; without a director it goes on from the last plan.
/// </summary>
internal sealed partial class NodeKnobs(ClusterNode node, InferenceEngine engine, IOptions<NodeOptions> options, PolicySlot policy, TimeProvider time, ILogger<NodeKnobs> logger) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SearchWarmup = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SearchTime = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ModelReplica, Tuned> _replicas = new();
    private readonly ConcurrentDictionary<(string Model, string Revision), KnobProfile> _kept = new();
    private readonly SemaphoreSlim _searching = new(1, 1);
    private Task _profiling = Task.CompletedTask;
    private CancellationTokenSource? _profilingEnd;
    private long _requests = -1, _busyAt;
    private Look _all;

    /// <summary>What a search found for a served model; null before the first.</summary>
    public KnobProfile? Profile(IServedModel model) => model is ModelReplica replica && _replicas.TryGetValue(replica, out Tuned? tuned) ? tuned.Profile : null;

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
            ModelReplica[] served = [.. engine.Models.OfType<ModelReplica>()];
            foreach (ModelReplica gone in _replicas.Keys.Except(served)) _replicas.TryRemove(gone, out _);
            foreach (ModelReplica replica in served) Read(replica);
            _all = _replicas.Values.Aggregate(default(Look), (sum, tuned) => sum.Plus(tuned.Last, 1));
            foreach (ModelReplica replica in served) await TuneAsync(replica, cancellationToken).ConfigureAwait(false);
            if (options.Value.ProfileOnLoad) ProfileIfIdle(served, cancellationToken);
        }
    }

    /// <summary>Searches one model that has no profile, if the node is idle; ends the search that runs if it is not any more.</summary>
    private void ProfileIfIdle(ModelReplica[] served, CancellationToken cancellationToken)
    {
        long requests = served.Sum(replica => _replicas.TryGetValue(replica, out Tuned? tuned) ? tuned.Seen?.Requests ?? 0 : 0), at = time.GetTimestamp();
        if (requests != _requests) (_requests, _busyAt) = (requests, at);
        bool isIdle = _busyAt != 0 && time.GetElapsedTime(_busyAt, at).TotalSeconds >= options.Value.ProfileIdleSeconds;
        if (_busyAt == 0) _busyAt = at;
        if (!_profiling.IsCompleted)
        {
            if (!isIdle) _profilingEnd?.Cancel();
            return;
        }

        if (!isIdle || Array.Find(served, NeedsProfile) is not { } next) return;
        _profilingEnd?.Dispose();
        _profilingEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _profiling = ProfileAsync(next, _profilingEnd.Token);
    }

    private bool NeedsProfile(ModelReplica replica)
    {
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned(policy));
        if (tuned.Profile is not null || tuned.HasFailed || replica.Sequences is not null) return false;
        if (node.Plan.Find(replica.Name) is not { } planned || !_kept.TryGetValue((replica.Name, planned.Revision), out KnobProfile? kept)) return true;
        tuned.Profile = kept;
        return false;
    }

    private async Task ProfileAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        try
        {
            KnobProfile profile = await SearchAsync(replica, cancellationToken).ConfigureAwait(false);
            if (node.Plan.Find(replica.Name) is { } planned) _kept[(replica.Name, planned.Revision)] = profile;
        }
        catch (OperationCanceledException)
        {
            // Requests came: another time.
        }
        catch (Exception exception) when (exception is InferenceException or ModelLoadException or ObjectDisposedException)
        {
            if (_replicas.TryGetValue(replica, out Tuned? tuned)) tuned.HasFailed = true;
            LogNotProfiled(replica.Name, exception.Message);
        }
    }

    /// <summary>Searches the best settings of a replica on the replica itself, and leaves them in force.</summary>
    /// <exception cref="InferenceException">It is not served here, or takes no made-up requests.</exception>
    public Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken) => SearchAsync(Searchable(model, version), cancellationToken);

    /// <summary>Measures one setting of a replica on the replica itself.</summary>
    /// <exception cref="InferenceException">It is not served here, takes no made-up requests, or the setting is not possible.</exception>
    public Task<KnobPoint> MeasureAsync(string model, string version, ReplicaKnobs setting, CancellationToken cancellationToken)
    {
        ModelReplica replica = Searchable(model, version);
        int maxRows = Math.Max(1, replica.Signature.MaxBatchSize), cores = Environment.ProcessorCount;
        if (setting.MaxRows < 1 || setting.MaxRows > maxRows) throw new InferenceException(InferenceError.InvalidArgument, $"rows is {setting.MaxRows}; 1 to {maxRows} are allowed");
        if (setting.Threads < 1 || setting.Threads > cores) throw new InferenceException(InferenceError.InvalidArgument, $"threads is {setting.Threads}; 1 to {cores} are allowed");
        if (setting.Instances < 1 || setting.Instances > 2 * cores) throw new InferenceException(InferenceError.InvalidArgument, $"instances is {setting.Instances}; 1 to {2 * cores} are allowed");
        if (setting.Variant is { } variant && variant != ModelVariants.Original && replica.Variants.All(other => other.Name != variant)) throw new InferenceException(InferenceError.InvalidArgument, $"variant is '{variant}'; allowed: {string.Join(", ", replica.Variants.Select(other => other.Name).Prepend(ModelVariants.Original))}");
        return AloneAsync(replica, async _ =>
        {
            await engine.SetKnobsAsync(replica, setting, cancellationToken).ConfigureAwait(false);
            return await MeasureAsync(replica, setting, replica.Policy.SloP99Ms / 1000, cancellationToken).ConfigureAwait(false);
        }, cancellationToken);
    }

    private ModelReplica Searchable(string model, string version)
    {
        if (engine.Find(model, version, out InferenceError error, out string message) is not { } served) throw new InferenceException(error, message);
        return served is ModelReplica { Sequences: null } replica ? replica : throw new InferenceException(InferenceError.InvalidArgument, $"model '{model}' is an ensemble or serves sequences: its settings follow from its configuration");
    }

    private Task<KnobProfile> SearchAsync(ModelReplica replica, CancellationToken cancellationToken) => AloneAsync(replica, async tuned =>
    {
        KnobProfile profile = await ClimbAsync(replica, cancellationToken).ConfigureAwait(false);
        tuned.Profile = profile;
        LogSearched(replica.Name, replica.Version, profile.Reason);
        return profile;
    }, cancellationToken);

    /// <summary>One search or measurement at a time; the replica runs as it should afterwards.</summary>
    private async Task<T> AloneAsync<T>(ModelReplica replica, Func<Tuned, Task<T>> work, CancellationToken cancellationToken)
    {
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned(policy));
        await _searching.WaitAsync(cancellationToken).ConfigureAwait(false);
        bool isAlone = false;
        try
        {
            await tuned.Setting.WaitAsync(cancellationToken).ConfigureAwait(false);
            isAlone = true;
            return await work(tuned).ConfigureAwait(false);
        }
        finally
        {
            tuned.Applied = null;
            if (isAlone) tuned.Setting.Release();
            _searching.Release();
            await TuneAsync(replica, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<KnobProfile> ClimbAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        BatchCost cost = replica.Cost;
        int cores = Environment.ProcessorCount, maxRows = Math.Max(1, replica.Signature.MaxBatchSize);
        double slo = replica.Policy.SloP99Ms / 1000;
        KnobGrid grid = KnobGrid.For(maxRows, cores);
        KnobSearch search = new(grid, cores, cost.BaseSeconds, cost.SecondsPerRow, slo);
        while (search.Next() is { } knobs)
        {
            await engine.SetKnobsAsync(replica, knobs, cancellationToken).ConfigureAwait(false);
            search.Observe(await MeasureAsync(replica, knobs, slo, cancellationToken).ConfigureAwait(false));
        }

        KnobPoint best = search.Best!.Value;
        List<KnobPoint> tried = [.. search.Tried];
        foreach (ModelVariant variant in replica.Variants)
        {
            ReplicaKnobs knobs = best.Knobs with { Variant = variant.Name };
            await engine.SetKnobsAsync(replica, knobs, cancellationToken).ConfigureAwait(false);
            tried.Add(await MeasureAsync(replica, knobs, slo, cancellationToken).ConfigureAwait(false));
        }

        best = tried.MaxBy(point => point.Score);
        cost = replica.Cost;
        return new KnobProfile { SloMs = slo * 1000, GridSize = grid.Size, Tried = [.. tried], Chosen = best.Knobs, Reason = KnobReason.Of(best, cost.BaseSeconds, cost.SecondsPerRow, slo, maxRows) };
    }

    /// <summary>What a setting gives, with twice as many callers as fill all batches.</summary>
    private async Task<KnobPoint> MeasureAsync(ModelReplica replica, ReplicaKnobs knobs, double slo, CancellationToken cancellationToken)
    {
        // A run of seconds must be seen a few times; of one that takes longer than the objective, once says enough.
        double run = replica.Cost.Seconds(knobs.MaxRows);
        bool isHopeless = run > 1.5 * slo;
        int callers = Math.Clamp((isHopeless ? 1 : 2) * knobs.MaxRows * knobs.Instances, 2, 512);
        TimeSpan warmup = isHopeless ? TimeSpan.Zero : SearchWarmup + TimeSpan.FromSeconds(run), duration = isHopeless ? TimeSpan.FromSeconds(1.5 * run) : SearchTime + TimeSpan.FromSeconds(4 * run);
        (double[] seconds, TimeSpan counted) = await engine.MeasureAsync(replica, callers, warmup, duration, cancellationToken).ConfigureAwait(false);
        double goodput = seconds.Count(each => each <= slo) / counted.TotalSeconds, p50 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length / 2], p99 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length * 99 / 100];
        return new KnobPoint(knobs, seconds.Length / counted.TotalSeconds, goodput, p50 * 1000, p99 * 1000, KnobScore.Of(goodput, p50, slo));
    }

    private async Task TuneAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned(policy));
        // A search has the replica to itself.
        if (!await tuned.Setting.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false)) return;
        try
        {
            ReplicaKnobs wanted = Wanted(replica, tuned);
            if (wanted == tuned.Applied) return;
            // Not asked for again, if it is not possible, until something else is wanted.
            tuned.Applied = wanted;
            await engine.SetKnobsAsync(replica, wanted, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ModelLoadException or ObjectDisposedException)
        {
            LogNotSet(replica.Name, exception.Message);
        }
        finally
        {
            tuned.Setting.Release();
        }
    }

    /// <summary>The plan's knobs, what it leaves open from the search, and what that leaves open from the tuner.</summary>
    private ReplicaKnobs Wanted(ModelReplica replica, Tuned tuned)
    {
        ReplicaKnobs planned = Array.Find(node.Plan.Find(replica.Name)?.Replicas ?? [], other => other.Node.Equals(node.Address))?.Knobs ?? ReplicaKnobs.Unset;
        if (tuned.Profile is { Chosen: var found })
        {
            bool threads = planned.Threads == 0 && planned.Instances == 0;
            planned = planned with { Threads = threads ? found.Threads : planned.Threads, Instances = threads ? found.Instances : planned.Instances, MaxRows = planned.MaxRows == 0 ? found.MaxRows : planned.MaxRows, Variant = planned.Variant ?? found.Variant };
        }

        BatchLimits limits = replica.Limits;
        // What an operator configured about batches is not the tuner's.
        return !options.Value.FastLoop || limits.FillToMax || limits.PreferredRows.Count > 0 || replica.Sequences is not null ? planned : tuned.Tuner.Tune(View(replica, tuned, planned, limits));
    }

    /// <summary>Reads what a replica did since the last look.</summary>
    private void Read(ModelReplica replica)
    {
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned(policy));
        InferenceStatistics now = replica.ReadStatistics(), before = tuned.Seen ?? now;
        long at = time.GetTimestamp();
        tuned.Last = new Look(
            tuned.SeenAt == 0 ? 0 : time.GetElapsedTime(tuned.SeenAt, at).TotalSeconds, now.Requests - before.Requests, now.Violations - before.Violations,
            now.InferenceCount - before.InferenceCount, now.ExecutionCount - before.ExecutionCount, now.RunSeconds - before.RunSeconds);
        (tuned.Seen, tuned.SeenAt) = (now, at);
    }

    private ReplicaView View(ModelReplica replica, Tuned tuned, ReplicaKnobs planned, BatchLimits limits)
    {
        BatchCost cost = replica.Cost;
        Look last = tuned.Last, others = _all.Plus(last, -1);
        return new ReplicaView
        {
            Now = TimeSpan.FromTicks(tuned.SeenAt),
            Planned = planned,
            Current = replica.Knobs with { MaxRows = BatchPolicy.Cap(limits, cost) },
            BaseSeconds = cost.BaseSeconds,
            SecondsPerRow = cost.SecondsPerRow,
            MaxRows = limits.MaxRows,
            SloSeconds = replica.Policy.SloP99Ms / 1000,
            Seconds = last.Seconds,
            Requests = last.Requests,
            Violations = last.Violations,
            Rows = last.Rows,
            Runs = last.Runs,
            RunSeconds = last.RunSeconds,
            Queued = tuned.Seen?.PendingRequests ?? 0,
            Cores = engine.Lanes > 0 ? engine.Lanes : Environment.ProcessorCount,
            OtherRequests = others.Requests,
            OtherViolations = others.Violations,
            OtherRunSeconds = others.RunSeconds,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} version {Version}: {Reason}")]
    private partial void LogSearched(string model, string version, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} runs on as before: {Reason}")]
    private partial void LogNotSet(string model, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} keeps its settings, a search was not possible: {Reason}")]
    private partial void LogNotProfiled(string model, string reason);

    /// <summary>What was done between two looks.</summary>
    private readonly record struct Look(double Seconds, long Requests, long Violations, long Rows, long Runs, double RunSeconds)
    {
        public Look Plus(Look other, int sign) => new(Seconds, Requests + (sign * other.Requests), Violations + (sign * other.Violations), Rows + (sign * other.Rows), Runs + (sign * other.Runs), RunSeconds + (sign * other.RunSeconds));
    }

    private sealed class Tuned(PolicySlot policy)
    {
        public IReplicaTuner Tuner { get; } = new PolicyTuner(policy);

        public Look Last { get; set; }

        public KnobProfile? Profile { get; set; }

        public ReplicaKnobs? Applied { get; set; }

        public bool HasFailed { get; set; }

        /// <summary>Held by whoever sets knobs.</summary>
        public SemaphoreSlim Setting { get; } = new(1, 1);

        public InferenceStatistics? Seen { get; set; }

        public long SeenAt { get; set; }
    }
}
