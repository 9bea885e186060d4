using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine;

/// <content>How replicas run, changed and measured while they serve.</content>
public sealed partial class InferenceEngine
{
    /// <summary>Threads that batches run on.</summary>
    public int Threads => _scheduler.ThreadCount;

    /// <summary>
    /// Runs that are made side by side: an emulated device's lanes, or as many as there are engine threads and cores.
    /// </summary>
    public int Parallelism { get; }

    /// <summary>
    /// Changes how a serving replica runs: another number of threads or another variant takes a new session beside the
    /// old one, everything else holds from the next batch on. Values are clipped to what is possible here; unset ones
    /// go back to the configured.
    /// </summary>
    /// <exception cref="Sessions.ModelLoadException">There is no memory for the second session; nothing has changed
    /// then.</exception>
    public async Task SetKnobsAsync(ModelReplica replica, ReplicaKnobs knobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replica);
        int threads = Math.Clamp(
            knobs.Threads > 0 ? knobs.Threads : replica.ConfiguredThreads,
            1,
            Math.Max(replica.ConfiguredThreads, Environment.ProcessorCount)
        );
        // A device does not run on the session's threads.
        if (replica.ExecutionProvider != Sessions.ExecutionProviderChoice.Cpu)
        {
            threads = replica.Threads;
        }
        string variant = knobs.Variant ?? ModelVariants.Original;
        if (threads != replica.Threads || variant != replica.Variant)
        {
            await SetSessionAsync(replica, threads, variant, cancellationToken).ConfigureAwait(false);
        }
        if (knobs.Instances > _scheduler.ThreadCount)
        {
            _scheduler.EnsureThreads(Math.Min(knobs.Instances, Environment.ProcessorCount * 2));
        }
        replica.SetLimits(knobs, _scheduler.ThreadCount);
    }

    /// <summary>
    /// Keeps a replica busy with made-up requests of one row that stand behind all others in its queue.
    /// </summary>
    /// <param name="replica">The replica.</param>
    /// <param name="callers">Requests that are always under way, ≥ 1.</param>
    /// <param name="warmup">Time before anything counts.</param>
    /// <param name="duration">Time that counts.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>
    /// Seconds from arrival to answer of each request that was answered while it counted, ascending, and the time that
    /// counted.
    /// </returns>
    /// <exception cref="InferenceException">The replica does not take made-up requests, or is being
    /// unloaded.</exception>
    public async Task<(double[] Seconds, TimeSpan Counted)> MeasureAsync(
        ModelReplica replica,
        int callers,
        TimeSpan warmup,
        TimeSpan duration,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(replica);
        ArgumentOutOfRangeException.ThrowIfLessThan(callers, 1);
        TimeSpan from = _clock.Now + warmup;
        TimeSpan to = from + duration;
        List<double>[] measured = await Task.WhenAll(
                Enumerable.Range(0, callers).Select(seed => Task.Run(() => CallAsync(seed), cancellationToken))
            )
            .ConfigureAwait(false);
        double[] all = [.. measured.SelectMany(seconds => seconds)];
        Array.Sort(all);
        return (all, duration);

        async Task<List<double>> CallAsync(int seed)
        {
            List<double> seconds = [];
            using InferenceRequest template = SyntheticInputs.Request(replica, 1, seed);
            while (_clock.Now is var begin && begin < to)
            {
                InferenceRequest request = Routing.Calls.RequestRows.Copy(template) with
                {
                    Background = true,
                    IsProbe = true,
                };
                using InferenceResponse response = await replica
                    .InferAsync(request, cancellationToken)
                    .ConfigureAwait(false);
                response.EnsureSuccess();
                TimeSpan end = _clock.Now;
                if (end >= from && end < to)
                {
                    seconds.Add((end - begin).TotalSeconds);
                }
            }

            return seconds;
        }
    }
}
