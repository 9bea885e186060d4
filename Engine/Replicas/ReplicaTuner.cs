using OrleansInference.Engine.Execution;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Scheduling;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Calls;

namespace OrleansInference.Engine.Replicas;

/// <summary>Changes how replicas run while they serve, and measures them.</summary>
public sealed class ReplicaTuner
{
    /// <summary>Runs of each size that a profile takes the median of.</summary>
    private const int RunsOfEachSize = 3;

    private readonly ModelTable _table;
    private readonly ModelLoader _loader;
    private readonly ModelLocks _locks;
    private readonly EngineScheduler _scheduler;
    private readonly RequestExecutor _executor;
    private readonly EngineClock _clock;

    internal ReplicaTuner(
        ModelTable table,
        ModelLoader loader,
        ModelLocks locks,
        EngineScheduler scheduler,
        RequestExecutor executor,
        EngineClock clock
    )
    {
        _table = table;
        _loader = loader;
        _locks = locks;
        _scheduler = scheduler;
        _executor = executor;
        _clock = clock;
    }

    /// <summary>Threads that batches run on.</summary>
    public int Threads => _scheduler.ThreadCount;

    /// <summary>
    /// Runs that are made side by side: an emulated device's lanes, or as many as there are engine threads and cores.
    /// </summary>
    public int Parallelism { get; init; }

    /// <summary>
    /// Changes how a serving replica runs: another number of threads or another variant takes a new session beside the
    /// old one, everything else holds from the next batch on. Values are clipped to what is possible here; unset ones
    /// go back to the configured.
    /// </summary>
    /// <exception cref="ModelLoadException">There is no memory for the second session; nothing has changed
    /// then.</exception>
    public async Task SetKnobsAsync(ModelReplica replica, ReplicaKnobs knobs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replica);
        int threads = Math.Clamp(
            knobs.Threads > 0 ? knobs.Threads : replica.ConfiguredThreads,
            1,
            // An operator may have asked for more threads than there are cores.
            Math.Max(replica.ConfiguredThreads, Environment.ProcessorCount)
        );
        // A device does not run on the session's threads.
        if (replica.ExecutionProvider != ExecutionProviderChoice.Cpu)
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

    /// <summary>Changes the intra-op threads of a serving model, by a new session beside the old one.</summary>
    public Task SetThreadsAsync(ModelReplica replica, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return SetSessionAsync(replica, threads, replica.Variant, cancellationToken);
    }

    /// <summary>
    /// Changes the intra-op threads or the variant of a serving model, by a new session beside the old one.
    /// </summary>
    /// <exception cref="ModelLoadException">There is no such variant that may be used, it cannot be loaded, or there is
    /// no memory for it; nothing has changed then.</exception>
    public async Task SetSessionAsync(
        ModelReplica replica,
        int threads,
        string variant,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(replica);
        using (await _locks.TakeAsync(replica.Name, cancellationToken).ConfigureAwait(false))
        {
            await _loader.SetSessionAsync(replica, threads, variant).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Measures a served model at 1, 2, 4 … rows up to its largest batch, by made-up requests that stand behind all
    /// others in its queue.
    /// </summary>
    /// <returns>Median seconds of a run by rows.</returns>
    /// <exception cref="InferenceException">It is not served, or no made-up input suits it.</exception>
    public async Task<Dictionary<int, double>> ProfileAsync(
        string name,
        string version,
        CancellationToken cancellationToken
    )
    {
        if (_table.Find(name, version, out InferenceError error, out string message) is not { } model)
        {
            throw new InferenceException(error, message);
        }
        Dictionary<int, double> seconds = [];
        for (int rows = 1; rows <= Math.Max(1, model.Signature.MaxBatchSize); rows *= 2)
        {
            double[] runs = new double[RunsOfEachSize];
            for (int i = 0; i < runs.Length; i++)
            {
                InferenceCall request = AsProbe(SyntheticInputs.Request(model, rows, seed: i));
                using InferenceAnswer response = await _executor
                    .InferAsync(request, cancellationToken)
                    .ConfigureAwait(false);
                runs[i] = response.EnsureSuccess().Timings.ComputeInfer.TotalSeconds;
            }

            Array.Sort(runs);
            seconds[rows] = runs[RunsOfEachSize / 2];
        }

        return seconds;
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
            using InferenceCall template = SyntheticInputs.Request(replica, 1, seed);
            while (_clock.Now is var begin && begin < to)
            {
                InferenceCall request = AsProbe(RequestRows.Copy(template));
                using InferenceAnswer response = await replica
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

    /// <summary>Behind all others in the queue, and in no statistics.</summary>
    private static InferenceCall AsProbe(InferenceCall request) => request with { Background = true, IsProbe = true };
}
