using OrleansInference.Agent.Planning.Search;
using OrleansInference.Engine;
using OrleansInference.Engine.Batching;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <content>Searches and measurements on live replicas.</content>
internal sealed partial class NodeKnobs
{
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
        List<KnobPoint> variants = [];
        foreach (ModelVariant variant in replica.Variants)
        {
            ReplicaKnobs knobs = best.Knobs with { Variant = variant.Name };
            await engine.SetKnobsAsync(replica, knobs, cancellationToken).ConfigureAwait(false);
            variants.Add(await MeasureAsync(replica, knobs, slo, cancellationToken).ConfigureAwait(false));
        }

        best = variants.Append(best).MaxBy(point => point.Score);
        cost = replica.Cost;
        return new KnobProfile { SloMs = slo * 1000, GridSize = grid.Size, Tried = [.. search.Tried, .. variants], Chosen = best.Knobs, Reason = KnobReason.Of(best, cost.BaseSeconds, cost.SecondsPerRow, slo, maxRows) };
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
}
