using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Engine;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// The node's own agent: every half second it sets how its replicas run, by the plan, by what a search on the live replica
/// found, and by what it measures; without a director it goes on from the last plan.
/// </summary>
internal sealed partial class NodeKnobs(ClusterNode node, InferenceEngine engine, IOptions<NodeOptions> options, TimeProvider time, ILogger<NodeKnobs> logger) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan SearchWarmup = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SearchTime = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ModelReplica, Tuned> _replicas = new();
    private readonly SemaphoreSlim _searching = new(1, 1);

    /// <summary>What a search found for a served model; null before the first.</summary>
    public KnobProfile? Profile(IServedModel model) => model is ModelReplica replica && _replicas.TryGetValue(replica, out Tuned? tuned) ? tuned.Profile : null;

    /// <inheritdoc />
    public void Dispose() => _searching.Dispose();

    /// <summary>Sets knobs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            ModelReplica[] served = [.. engine.Models.OfType<ModelReplica>()];
            foreach (ModelReplica gone in _replicas.Keys.Except(served)) _replicas.TryRemove(gone, out _);
            foreach (ModelReplica replica in served) await TuneAsync(replica, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Searches the best settings of a replica on the replica itself, and leaves them in force.</summary>
    /// <exception cref="InferenceException">It is not served here, or takes no made-up requests.</exception>
    public async Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken)
    {
        if (engine.Find(model, version, out InferenceError error, out string message) is not { } served) throw new InferenceException(error, message);
        if (served is not ModelReplica { Sequences: null } replica) throw new InferenceException(InferenceError.InvalidArgument, $"model '{model}' is an ensemble or serves sequences: its settings follow from its configuration");
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned());
        await _searching.WaitAsync(cancellationToken).ConfigureAwait(false);
        tuned.IsSearching = true;
        try
        {
            KnobProfile profile = await SearchAsync(replica, cancellationToken).ConfigureAwait(false);
            tuned.Profile = profile;
            LogSearched(model, replica.Version, profile.Reason);
            return profile;
        }
        finally
        {
            tuned.IsSearching = false;
            tuned.Applied = null;
            _searching.Release();
            await TuneAsync(replica, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<KnobProfile> SearchAsync(ModelReplica replica, CancellationToken cancellationToken)
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
        cost = replica.Cost;
        return new KnobProfile { SloMs = slo * 1000, GridSize = grid.Size, Tried = [.. search.Tried], Chosen = best.Knobs, Reason = KnobReason.Of(best, cost.BaseSeconds, cost.SecondsPerRow, slo, maxRows) };
    }

    /// <summary>What a setting gives, with twice as many callers as fill all batches.</summary>
    private async Task<KnobPoint> MeasureAsync(ModelReplica replica, ReplicaKnobs knobs, double slo, CancellationToken cancellationToken)
    {
        int callers = Math.Clamp(2 * knobs.MaxRows * knobs.Instances, 2, 512);
        // A run of seconds must be seen a few times.
        double run = replica.Cost.Seconds(knobs.MaxRows);
        (double[] seconds, TimeSpan counted) = await engine.MeasureAsync(replica, callers, SearchWarmup + TimeSpan.FromSeconds(run), SearchTime + TimeSpan.FromSeconds(4 * run), cancellationToken).ConfigureAwait(false);
        double goodput = seconds.Count(each => each <= slo) / counted.TotalSeconds, p50 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length / 2], p99 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length * 99 / 100];
        return new KnobPoint(knobs, seconds.Length / counted.TotalSeconds, goodput, p50 * 1000, p99 * 1000, KnobScore.Of(goodput, p50, slo));
    }

    private async Task TuneAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        Tuned tuned = _replicas.GetOrAdd(replica, _ => new Tuned());
        if (tuned.IsSearching) return;
        ReplicaKnobs wanted = Wanted(replica, tuned);
        if (wanted == tuned.Applied) return;
        try
        {
            await engine.SetKnobsAsync(replica, wanted, cancellationToken).ConfigureAwait(false);
            tuned.Applied = wanted;
        }
        catch (Exception exception) when (exception is ModelLoadException or ObjectDisposedException)
        {
            // Not asked for again until something else is wanted.
            tuned.Applied = wanted;
            LogNotSet(replica.Name, exception.Message);
        }
    }

    /// <summary>The plan's knobs, what it leaves open from the search, and what that leaves open from the tuner.</summary>
    private ReplicaKnobs Wanted(ModelReplica replica, Tuned tuned)
    {
        ReplicaKnobs planned = Array.Find(node.Plan.Find(replica.Name)?.Replicas ?? [], other => other.Node.Equals(node.Address))?.Knobs ?? ReplicaKnobs.Unset;
        if (tuned.Profile is { Chosen: var found })
        {
            bool threads = planned.Threads == 0 && planned.Instances == 0;
            planned = planned with { Threads = threads ? found.Threads : planned.Threads, Instances = threads ? found.Instances : planned.Instances, MaxRows = planned.MaxRows == 0 ? found.MaxRows : planned.MaxRows };
        }

        BatchLimits limits = replica.Limits;
        // What an operator configured about batches is not the tuner's.
        return !options.Value.FastLoop || limits.FillToMax || limits.PreferredRows.Count > 0 || replica.Sequences is not null ? planned : tuned.Tuner.Tune(View(replica, tuned, planned, limits));
    }

    private ReplicaView View(ModelReplica replica, Tuned tuned, ReplicaKnobs planned, BatchLimits limits)
    {
        InferenceStatistics now = replica.ReadStatistics(), before = tuned.Seen ?? now;
        long at = time.GetTimestamp();
        double seconds = tuned.SeenAt == 0 ? 0 : time.GetElapsedTime(tuned.SeenAt, at).TotalSeconds;
        (tuned.Seen, tuned.SeenAt) = (now, at);
        BatchCost cost = replica.Cost;
        return new ReplicaView
        {
            Now = TimeSpan.FromTicks(at),
            Planned = planned,
            Current = replica.Knobs with { MaxRows = BatchPolicy.Cap(limits, cost) },
            BaseSeconds = cost.BaseSeconds,
            SecondsPerRow = cost.SecondsPerRow,
            MaxRows = limits.MaxRows,
            SloSeconds = replica.Policy.SloP99Ms / 1000,
            Seconds = seconds,
            Requests = now.Requests - before.Requests,
            Violations = now.Violations - before.Violations,
            Rows = now.InferenceCount - before.InferenceCount,
            Runs = now.ExecutionCount - before.ExecutionCount,
            Queued = now.PendingRequests,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Model {Model} version {Version}: {Reason}")]
    private partial void LogSearched(string model, string version, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Model {Model} runs on as before: {Reason}")]
    private partial void LogNotSet(string model, string reason);

    private sealed class Tuned
    {
        public IReplicaTuner Tuner { get; } = new RunLengthTuner();

        public KnobProfile? Profile { get; set; }

        public ReplicaKnobs? Applied { get; set; }

        public volatile bool IsSearching;

        public InferenceStatistics? Seen { get; set; }

        public long SeenAt { get; set; }
    }
}
