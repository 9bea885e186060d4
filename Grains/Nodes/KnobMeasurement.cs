using Microsoft.Extensions.Options;
using OrleansInference.Agent.Planning.Search;
using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Grains.Nodes;

/// <summary>Measures settings on live replicas. Whoever calls it has the replica to itself.</summary>
/// <param name="engine">What serves here.</param>
/// <param name="options">How much others may use of the processor.</param>
/// <param name="time">Time.</param>
internal sealed class KnobMeasurement(InferenceEngine engine, IOptions<NodeOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Warmup = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Counted = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// What the usual settings give, in rows a second: measured before and after a search, it tells whether the node
    /// was the same.
    /// </summary>
    public async Task<double> ReferenceAsync(
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

    /// <summary>Searches the best settings of a replica on the replica itself; the last ones tried stay in force.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="mayBeDisturbed">Whether others may use the processor meanwhile.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="DisturbedException">Others did, and must not.</exception>
    public async Task<KnobProfile> ClimbAsync(
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
        KnobSearch search = new(grid, cores, cost, slo);
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
            Reason = KnobReason.Explain(best, cost, slo, maxRows),
        };
    }

    /// <summary>What a setting gives, with twice as many callers as fill all batches.</summary>
    public async Task<KnobPoint> MeasureAsync(
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
        TimeSpan warmup = isHopeless ? TimeSpan.Zero : Warmup + TimeSpan.FromSeconds(run);
        TimeSpan duration = isHopeless ? TimeSpan.FromSeconds(1.5 * run) : Counted + TimeSpan.FromSeconds(4 * run);
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
            KnobScore.Compute(goodput, p50, slo)
        );
    }
}
