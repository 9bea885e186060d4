using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansInference.Agent.FastLoop;
using OrleansInference.Engine;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Sessions;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Searches of a node's settings on its live replicas: those that somebody asks for, and those in idle time, whose finds
/// live requests confirm or refute. One at a time.
/// </summary>
/// <param name="replicas">What is known of the replicas.</param>
/// <param name="plan">The plan to follow now.</param>
/// <param name="engine">What serves here.</param>
/// <param name="options">When and how to search.</param>
/// <param name="time">Time.</param>
/// <param name="retune">Has a replica run as it should again.</param>
/// <param name="logger">Logger.</param>
internal sealed partial class KnobSearches(
    TunedReplicas replicas,
    Func<ClusterPlan> plan,
    InferenceEngine engine,
    IOptions<NodeOptions> options,
    TimeProvider time,
    Func<ModelReplica, CancellationToken, Task> retune,
    ILogger logger
) : IDisposable
{
    private readonly ConcurrentDictionary<(string Model, string Revision), KnobProfile> _kept = new();
    private readonly KnobMeasurement _measurement = new(engine, options, time);
    private readonly IdleWatch _idle = new(options, time);
    private readonly SearchBudget _budget = new();
    private readonly SemaphoreSlim _searching = new(1, 1);
    private Task _profiling = Task.CompletedTask;
    private CancellationTokenSource? _profilingEnd;

    /// <summary>Whether a search in idle time is under way.</summary>
    private bool IsRunning => !_profiling.IsCompleted;

    private TimeSpan Now => time.GetElapsedTime(0, time.GetTimestamp());

    /// <inheritdoc />
    public void Dispose()
    {
        _profilingEnd?.Dispose();
        _searching.Dispose();
    }

    /// <summary>
    /// Searches one model that has no profile, if the node is idle; ends the search that runs if it is not any more.
    /// </summary>
    /// <param name="served">What serves here.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public void ProfileIfIdle(ModelReplica[] served, CancellationToken cancellationToken)
    {
        long requests = served.Sum(replica => replicas.Find(replica)?.Seen?.Requests ?? 0);
        bool isIdle = _idle.Observe(requests);
        if (IsRunning)
        {
            if (!isIdle)
            {
                _profilingEnd?.Cancel();
            }
            return;
        }

        if (!isIdle || NextToSearch(served) is not { } next || !_idle.IsQuiet())
        {
            return;
        }
        _profilingEnd?.Dispose();
        _profilingEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _profiling = ProfileAsync(next, _profilingEnd.Token);
    }

    /// <summary>Goes on with the trial of what a search in idle time found.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="tuned">What is known of it.</param>
    /// <param name="answered">Requests that it has answered since the last look.</param>
    /// <param name="nanoseconds">What they took in all, from arrival to answer.</param>
    public void Follow(ModelReplica replica, TunedReplica tuned, long answered, long nanoseconds)
    {
        if (tuned.Trial is not { } trial || IsRunning)
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
        if (plan().Find(replica.Name) is { } planned)
        {
            // By revision: what is loaded anew from the same files need not be searched again.
            _kept[(replica.Name, planned.Revision)] = kept;
        }
        LogTried(replica.Name, replica.Version, kept.Reason);
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
                return await _measurement
                    .MeasureAsync(replica, setting, replica.Policy.SloP99Ms / 1000, cancellationToken)
                    .ConfigureAwait(false);
            },
            cancellationToken
        );
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
            .ThenBy(replica => replicas.Of(replica).Searches)
            .FirstOrDefault();
    }

    private bool IsAskedFor(ModelReplica replica) => replicas.Of(replica).Seen is { Requests: > 0 };

    private bool NeedsProfile(ModelReplica replica)
    {
        TunedReplica tuned = replicas.Of(replica);
        if (tuned.Profile is not null || tuned.Proposal is not null || tuned.HasFailed || replica.Sequences is not null)
        {
            return false;
        }
        if (
            plan().Find(replica.Name) is not { } planned
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
        replicas.Of(replica).Searches++;
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
            if (replicas.Find(replica) is { } tuned)
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
                KnobProfile profile = await _measurement
                    .ClimbAsync(replica, mayBeDisturbed: true, cancellationToken)
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
                double before = await _measurement
                    .ReferenceAsync(replica, usual, cancellationToken)
                    .ConfigureAwait(false);
                KnobProfile profile = await _measurement
                    .ClimbAsync(replica, mayBeDisturbed: false, cancellationToken)
                    .ConfigureAwait(false);
                double after = await _measurement
                    .ReferenceAsync(replica, usual, cancellationToken)
                    .ConfigureAwait(false);
                // What changed the machine between the two has changed the measurements between them as well.
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

    /// <summary>One search or measurement at a time; the replica runs as it should afterwards.</summary>
    private async Task<T> AloneAsync<T>(
        ModelReplica replica,
        Func<TunedReplica, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        TunedReplica tuned = replicas.Of(replica);
        // First its turn among searches: while it only waits, the replica may still be tuned.
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
            // Other settings are in force than were last set: what is wanted must be set again.
            tuned.Applied = null;
            if (isAlone)
            {
                tuned.Setting.Release();
            }
            _searching.Release();
            // Also behind a cancellation: no replica stays as the search last had it.
            await retune(replica, CancellationToken.None).ConfigureAwait(false);
        }
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

    [LoggerMessage(
        EventId = 2018,
        Level = LogLevel.Information,
        Message = "Model {Model} keeps its settings, a search was not possible"
    )]
    private partial void LogNotProfiled(string model, Exception exception);
}
