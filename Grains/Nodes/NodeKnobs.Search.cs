using OrleansInference.Agent.FastLoop;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Nodes;

/// <content>Searches and measurements on live replicas.</content>
internal sealed partial class NodeKnobs
{
    /// <summary>
    /// Searches one model that has no profile, if the node is idle; ends the search that runs if it is not any more.
    /// </summary>
    private void ProfileIfIdle(ModelReplica[] served, CancellationToken cancellationToken)
    {
        long requests = served.Sum(replica =>
            _replicas.TryGetValue(replica, out Tuned? tuned) ? tuned.Seen?.Requests ?? 0 : 0
        );
        long at = time.GetTimestamp();
        if (requests != _requests)
        {
            (_requests, _busyAt) = (requests, at);
        }
        bool isIdle = _busyAt != 0 && time.GetElapsedTime(_busyAt, at).TotalSeconds >= options.Value.ProfileIdleSeconds;
        if (_busyAt == 0)
        {
            _busyAt = at;
        }
        if (!_profiling.IsCompleted)
        {
            if (!isIdle)
            {
                _profilingEnd?.Cancel();
            }
            return;
        }

        if (!isIdle || NextToSearch(served) is not { } next || !IsQuiet(at))
        {
            return;
        }
        _profilingEnd?.Dispose();
        _profilingEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _profiling = ProfileAsync(next, _profilingEnd.Token);
    }

    /// <summary>
    /// Whether others left the processor alone since the last look: a search would measure them, and slow them down.
    /// </summary>
    private bool IsQuiet(long at)
    {
        ProcessorTime? before = _processor;
        TimeSpan since = time.GetElapsedTime(_processorAt, at);
        _processor = ProcessorTime.Now();
        _processorAt = at;
        if (_processor is not { } now)
        {
            return true;
        }
        if (before is not { } earlier || since > 4 * Period)
        {
            return false;
        }
        return now.TakenByOthers(earlier, since, Environment.ProcessorCount) <= options.Value.ProfileDisturbance;
    }

    /// <summary>Models that were asked for first, of those the ones that were tried least.</summary>
    private ModelReplica? NextToSearch(ModelReplica[] served)
    {
        TimeSpan now = Now;
        if (!_budget.Allows(now, isAskedFor: true))
        {
            return null;
        }
        bool isForAll = _budget.Allows(now, isAskedFor: false);
        return served
            .Where(replica => (isForAll || IsAskedFor(replica)) && NeedsProfile(replica))
            .OrderByDescending(IsAskedFor)
            .ThenBy(replica => TunedOf(replica).Searches)
            .FirstOrDefault();
    }

    private TimeSpan Now => time.GetElapsedTime(0, time.GetTimestamp());

    private Tuned TunedOf(ModelReplica replica) => _replicas.GetOrAdd(replica, _ => new Tuned(policy));

    private bool IsAskedFor(ModelReplica replica) => TunedOf(replica).Seen is { Requests: > 0 };

    private bool NeedsProfile(ModelReplica replica)
    {
        Tuned tuned = TunedOf(replica);
        if (tuned.Profile is not null || tuned.Proposal is not null || tuned.HasFailed || replica.Sequences is not null)
        {
            return false;
        }
        if (
            node.Plan.Find(replica.Name) is not { } planned
            || !_kept.TryGetValue((replica.Name, planned.Revision), out KnobProfile? kept)
        )
        {
            return true;
        }
        tuned.Profile = kept;
        return false;
    }

    private async Task ProfileAsync(ModelReplica replica, CancellationToken cancellationToken)
    {
        TimeSpan begun = Now;
        bool isDisturbed = false;
        TunedOf(replica).Searches++;
        try
        {
            await ProposeAsync(replica, cancellationToken).ConfigureAwait(false);
        }
        catch (DisturbedException exception)
        {
            isDisturbed = true;
            LogDisturbed(replica.Name, exception.Message);
        }
        catch (OperationCanceledException)
        {
            // Requests came: another time.
        }
        catch (Exception exception)
            when (exception is InferenceException or ModelLoadException or ObjectDisposedException)
        {
            if (_replicas.TryGetValue(replica, out Tuned? tuned))
            {
                tuned.HasFailed = true;
            }
            LogNotProfiled(replica.Name, exception);
        }
        finally
        {
            _budget.Spend(Now, Now - begun, isDisturbed);
        }
    }

    /// <summary>Searches the best settings of a replica on the replica itself, and leaves them in force.</summary>
    /// <exception cref="InferenceException">It is not served here, or takes no made-up requests.</exception>
    public Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken) =>
        SearchAsync(Searchable(model, version), cancellationToken);

    /// <summary>Measures one setting of a replica on the replica itself.</summary>
    /// <exception cref="InferenceException">It is not served here, takes no made-up requests, or the setting is not
    /// possible.</exception>
    public Task<KnobPoint> MeasureAsync(
        string model,
        string version,
        ReplicaKnobs setting,
        CancellationToken cancellationToken
    )
    {
        ModelReplica replica = Searchable(model, version);
        int maxRows = Math.Max(1, replica.Signature.MaxBatchSize);
        int cores = Environment.ProcessorCount;
        if (setting.MaxRows < 1 || setting.MaxRows > maxRows)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"rows is {setting.MaxRows}; 1 to {maxRows} are allowed"
            );
        }
        if (setting.Threads < 1 || setting.Threads > cores)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"threads is {setting.Threads}; 1 to {cores} are allowed"
            );
        }
        if (setting.Instances < 1 || setting.Instances > 2 * cores)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"instances is {setting.Instances}; 1 to {2 * cores} are allowed"
            );
        }
        if (
            setting.Variant is { } variant
            && variant != ModelVariants.Original
            && replica.Variants.All(other => other.Name != variant)
        )
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"variant is '{variant}'; allowed: "
                    + $"{string.Join(", ", replica.Variants.Select(other => other.Name).Prepend(ModelVariants.Original))}"
            );
        }
        return AloneAsync(
            replica,
            async _ =>
            {
                await engine.Tuner.SetKnobsAsync(replica, setting, cancellationToken).ConfigureAwait(false);
                return await MeasureAsync(replica, setting, replica.Policy.SloP99Ms / 1000, cancellationToken)
                    .ConfigureAwait(false);
            },
            cancellationToken
        );
    }

    private ModelReplica Searchable(string model, string version)
    {
        if (engine.Find(model, version, out InferenceError error, out string message) is not { } served)
        {
            throw new InferenceException(error, message);
        }
        return served is ModelReplica { Sequences: null } replica
            ? replica
            : throw new InferenceException(
                InferenceError.InvalidArgument,
                $"model '{model}' is an ensemble or serves sequences: its settings follow from its configuration"
            );
    }

    /// <summary>A search that somebody asked for: what it finds is in force at once.</summary>
    private Task<KnobProfile> SearchAsync(ModelReplica replica, CancellationToken cancellationToken) =>
        AloneAsync(
            replica,
            async tuned =>
            {
                KnobProfile profile = await ClimbAsync(replica, mayBeDisturbed: true, cancellationToken)
                    .ConfigureAwait(false);
                tuned.Profile = profile;
                tuned.Proposal = null;
                tuned.Trial = null;
                LogSearched(replica.Name, replica.Version, profile.Reason);
                return profile;
            },
            cancellationToken
        );

    /// <summary>A search in idle time: what it finds is tried with live requests first.</summary>
    /// <exception cref="DisturbedException">Others used the processor meanwhile.</exception>
    private Task<KnobProfile> ProposeAsync(ModelReplica replica, CancellationToken cancellationToken) =>
        AloneAsync(
            replica,
            async tuned =>
            {
                ReplicaKnobs usual = replica.Knobs with { MaxRows = replica.Limits.RowLimit };
                double before = await ReferenceAsync(replica, usual, cancellationToken).ConfigureAwait(false);
                KnobProfile profile = await ClimbAsync(replica, mayBeDisturbed: false, cancellationToken)
                    .ConfigureAwait(false);
                double after = await ReferenceAsync(replica, usual, cancellationToken).ConfigureAwait(false);
                bool drifted = Math.Abs(after - before) > 2 * options.Value.ProfileDisturbance * before;
                if (drifted)
                {
                    throw new DisturbedException(
                        $"the same settings gave {before:F0} rows/s before it and {after:F0} after it"
                    );
                }
                tuned.Proposal = profile;
                tuned.Trial = new KnobTrial(usual, profile.Chosen);
                LogSearched(replica.Name, replica.Version, profile.Reason);
                return profile;
            },
            cancellationToken
        );

    /// <summary>
    /// What the usual settings give, in rows a second: measured before and after a search, it tells whether the node
    /// was the same.
    /// </summary>
    private async Task<double> ReferenceAsync(
        ModelReplica replica,
        ReplicaKnobs usual,
        CancellationToken cancellationToken
    )
    {
        ReplicaKnobs measured = usual with { MaxRows = Math.Max(1, usual.MaxRows) };
        await engine.Tuner.SetKnobsAsync(replica, measured, cancellationToken).ConfigureAwait(false);
        return (
            await MeasureQuietAsync(replica, measured, mayBeDisturbed: false, cancellationToken).ConfigureAwait(false)
        ).RowsPerSecond;
    }

    /// <summary>Measures a setting and how much of the processor others used meanwhile.</summary>
    /// <exception cref="DisturbedException">It was too much, and <paramref name="mayBeDisturbed"/> is
    /// false.</exception>
    private async Task<KnobPoint> MeasureQuietAsync(
        ModelReplica replica,
        ReplicaKnobs knobs,
        bool mayBeDisturbed,
        CancellationToken cancellationToken
    )
    {
        ProcessorTime? before = ProcessorTime.Now();
        long from = time.GetTimestamp();
        KnobPoint point = await MeasureAsync(replica, knobs, replica.Policy.SloP99Ms / 1000, cancellationToken)
            .ConfigureAwait(false);
        if (mayBeDisturbed || before is not { } earlier || ProcessorTime.Now() is not { } now)
        {
            return point;
        }
        double taken = now.TakenByOthers(earlier, time.GetElapsedTime(from), Environment.ProcessorCount);
        return taken <= options.Value.ProfileDisturbance
            ? point
            : throw new DisturbedException($"others used {Math.Round(taken * 100)} % of the processor meanwhile");
    }

    /// <summary>One search or measurement at a time; the replica runs as it should afterwards.</summary>
    private async Task<T> AloneAsync<T>(
        ModelReplica replica,
        Func<Tuned, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        Tuned tuned = TunedOf(replica);
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
            if (isAlone)
            {
                tuned.Setting.Release();
            }
            _searching.Release();
            await TuneAsync(replica, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<KnobProfile> ClimbAsync(
        ModelReplica replica,
        bool mayBeDisturbed,
        CancellationToken cancellationToken
    )
    {
        BatchCost cost = replica.Cost;
        int cores = Environment.ProcessorCount;
        int maxRows = Math.Max(1, replica.Signature.MaxBatchSize);
        double slo = replica.Policy.SloP99Ms / 1000;
        KnobGrid grid = KnobGrid.For(maxRows, cores);
        KnobSearch search = new(grid, cores, cost.BaseSeconds, cost.SecondsPerRow, slo);
        while (search.Next() is { } knobs)
        {
            await engine.Tuner.SetKnobsAsync(replica, knobs, cancellationToken).ConfigureAwait(false);
            search.Observe(
                await MeasureQuietAsync(replica, knobs, mayBeDisturbed, cancellationToken).ConfigureAwait(false)
            );
        }

        KnobPoint best = search.Best!.Value;
        List<KnobPoint> variants = [];
        foreach (ModelVariant variant in replica.Variants)
        {
            ReplicaKnobs knobs = best.Knobs with { Variant = variant.Name };
            await engine.Tuner.SetKnobsAsync(replica, knobs, cancellationToken).ConfigureAwait(false);
            variants.Add(
                await MeasureQuietAsync(replica, knobs, mayBeDisturbed, cancellationToken).ConfigureAwait(false)
            );
        }

        best = variants.Append(best).MaxBy(point => point.Score);
        cost = replica.Cost;
        return new KnobProfile
        {
            SloMs = slo * 1000,
            GridSize = grid.Size,
            Tried = [.. search.Tried, .. variants],
            Chosen = best.Knobs,
            Reason = KnobReason.Of(best, cost.BaseSeconds, cost.SecondsPerRow, slo, maxRows),
        };
    }

    /// <summary>What a setting gives, with twice as many callers as fill all batches.</summary>
    private async Task<KnobPoint> MeasureAsync(
        ModelReplica replica,
        ReplicaKnobs knobs,
        double slo,
        CancellationToken cancellationToken
    )
    {
        // A run of seconds must be seen a few times; of one that takes longer than the objective, once says enough.
        double run = replica.Cost.Seconds(knobs.MaxRows);
        bool isHopeless = run > 1.5 * slo;
        int callers = Math.Clamp((isHopeless ? 1 : 2) * knobs.MaxRows * knobs.Instances, 2, 512);
        TimeSpan warmup = isHopeless ? TimeSpan.Zero : SearchWarmup + TimeSpan.FromSeconds(run);
        TimeSpan duration = isHopeless ? TimeSpan.FromSeconds(1.5 * run) : SearchTime + TimeSpan.FromSeconds(4 * run);
        (double[] seconds, TimeSpan counted) = await engine
            .Tuner.MeasureAsync(replica, callers, warmup, duration, cancellationToken)
            .ConfigureAwait(false);
        double goodput = seconds.Count(each => each <= slo) / counted.TotalSeconds;
        double p50 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length / 2];
        double p99 = seconds.Length == 0 ? double.PositiveInfinity : seconds[seconds.Length * 99 / 100];
        return new KnobPoint(
            knobs,
            seconds.Length / counted.TotalSeconds,
            goodput,
            p50 * 1000,
            p99 * 1000,
            KnobScore.Of(goodput, p50, slo)
        );
    }
}
