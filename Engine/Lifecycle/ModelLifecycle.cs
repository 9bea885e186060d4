using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// Loads, replaces and unloads models. What is new is warm and serving before what it replaces drains; what cannot be
/// loaded leaves what served before in its place.
/// </summary>
internal sealed partial class ModelLifecycle(
    EngineOptions options,
    ModelRepository repository,
    VersionLoader loader,
    ModelTable table,
    ModelLocks locks,
    ILogger logger
)
{
    /// <summary>Ensembles that went with a step model, and the names of their steps.</summary>
    private readonly ConcurrentDictionary<string, string[]> _orphans = new();

    /// <summary>
    /// Loads a model, or what has changed of it; the steps of an ensemble first. Ensembles that went with it come back.
    /// </summary>
    public async Task<LoadResult> LoadAsync(
        string name,
        ModelOverride? replacement,
        CancellationToken cancellationToken
    )
    {
        _orphans.TryRemove(name, out _);
        LoadResult result = await LoadAsync(
                name,
                () => ReadAgain(name, repository.Find(name), replacement),
                [],
                cancellationToken
            )
            .ConfigureAwait(false);
        List<string> revived = [];
        if (result.IsReady)
        {
            string[] waiting = [.. _orphans.Where(orphan => orphan.Value.Contains(name)).Select(orphan => orphan.Key)];
            foreach (string ensemble in waiting)
            {
                LoadResult back = await LoadAsync(ensemble, replacement: null, cancellationToken).ConfigureAwait(false);
                if (back.IsReady)
                {
                    revived.Add(ensemble);
                }
            }
        }
        return result with { Revived = revived };
    }

    /// <summary>The same, from a folder that was fetched from another node, which it takes over.</summary>
    public Task<LoadResult> LoadFetchedAsync(
        string name,
        OverrideFolder folder,
        string? configJson,
        CancellationToken cancellationToken
    ) => LoadAsync(name, () => ModelSource.Fetched(folder, configJson), [], cancellationToken);

    /// <summary>
    /// The same as <see cref="UnloadAsync"/>, with the ensembles that could answer nothing without it. They come back
    /// with it, unless somebody unloads them too.
    /// </summary>
    public async Task<bool> WithdrawAsync(
        string name,
        bool dependents,
        string reason,
        CancellationToken cancellationToken
    )
    {
        _orphans.TryRemove(name, out _);
        foreach (string ensemble in table.EnsemblesOn(name))
        {
            string[] steps = table.TryGet(ensemble, out ServedVersions? served) ? [.. StepsOf(served)] : [];
            await WithdrawAsync(ensemble, dependents: false, $"{reason} with its step '{name}'", cancellationToken)
                .ConfigureAwait(false);
            _orphans[ensemble] = steps;
        }
        return await UnloadAsync(name, dependents, reason, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops serving a model: refuses new requests, answers queued ones, and gives its memory back.</summary>
    /// <returns>False when it was not loaded.</returns>
    public async Task<bool> UnloadAsync(
        string name,
        bool dependents,
        string reason,
        CancellationToken cancellationToken
    )
    {
        ServedVersions? served;
        using (await locks.TakeAsync(name, cancellationToken).ConfigureAwait(false))
        {
            if (!table.TryGet(name, out served))
            {
                return false;
            }
            SetIndex(name, served.All.Select(version => Status(name, version.Number, ModelState.Unloading, "")));
            // Out of the table before it closes: whoever is refused by a closed one looks again, until it is gone.
            table.Publish(name, null);
            await DrainAsync(served.All, kept: []).ConfigureAwait(false);
            SetIndex(name, served.All.Select(version => Status(name, version.Number, ModelState.Unavailable, reason)));
        }

        LogUnloaded(name, reason);
        // After the lock is given back: nobody waits for a model's lock with another's in hand (ADR 8).
        if (!dependents)
        {
            return true;
        }
        foreach (string step in StepsOf(served))
        {
            await UnloadAsync(step, dependents: true, reason, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Drains every version that <paramref name="kept"/> does not have.</summary>
    public static async Task DrainAsync(IEnumerable<LoadedVersion> versions, IReadOnlyCollection<LoadedVersion> kept)
    {
        foreach (LoadedVersion version in versions.Where(version => kept.All(other => other.Model != version.Model)))
        {
            await version.DrainAsync().ConfigureAwait(false);
            // Versions of one load request lie in the same folder.
            if (version.Source.Temporary is { } temporary && kept.All(other => other.Source.Temporary != temporary))
            {
                temporary.Dispose();
            }
        }
    }

    private static IEnumerable<string> StepsOf(ServedVersions served) =>
        served
            .All.Select(version => version.Model)
            .OfType<EnsembleModel>()
            .SelectMany(ensemble => ensemble.Plan.Steps)
            .Select(step => step.ModelName)
            .Distinct();

    private static ModelStatus Status(string name, long version, ModelState state, string reason) =>
        new(name, version.ToString(CultureInfo.InvariantCulture), state, reason);

    private async Task<LoadResult> LoadAsync(
        string name,
        Func<ModelSource> read,
        List<string> loading,
        CancellationToken cancellationToken
    )
    {
        ModelSource? source = null;
        try
        {
            source = read();
            if (source.IsEnsemble)
            {
                // Before the model's own lock is taken: nobody waits for one with another's in hand (ADR 8).
                await LoadStepsAsync(name, source.Config, loading, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            source?.Temporary?.Dispose();
            if (!VersionLoader.IsBrokenModel(exception) && exception is not ModelRepositoryException)
            {
                LogUnexpected(exception, name);
            }
            return Fail(
                name,
                "",
                $"failed to load '{name}', failed to poll from model repository: {exception.Message}"
            );
        }
        catch
        {
            source?.Temporary?.Dispose();
            throw;
        }

        IDisposable held;
        try
        {
            held = await locks.TakeAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            source.Temporary?.Dispose();
            throw;
        }

        using (held)
        {
            return await ReplaceAsync(source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A step that serves already is left alone.</summary>
    private async Task LoadStepsAsync(
        string name,
        ModelConfig config,
        List<string> loading,
        CancellationToken cancellationToken
    )
    {
        if (loading.Contains(name))
        {
            throw new Sessions.ModelLoadException(
                $"circular dependency between ensembles: {loading[0]} -> ... -> {loading[^1]} -> {name}"
            );
        }
        foreach (string step in EnsemblePlan.ModelNames(config).Where(step => !table.TryGet(step, out _)))
        {
            LoadResult result = await LoadAsync(
                    step,
                    () => ModelSource.Read(step, repository.Find(step), replacement: null),
                    [.. loading, name],
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (!result.IsReady && !table.TryGet(step, out _))
            {
                throw new Sessions.ModelLoadException(
                    $"ensemble {name} contains models that are not available or ambiguous: {step}: {result.Reason}"
                );
            }
        }
    }

    private async Task<LoadResult> ReplaceAsync(ModelSource source, CancellationToken cancellationToken)
    {
        string name = source.Folder.Name;
        IReadOnlyList<LoadedVersion> old = table.TryGet(name, out ServedVersions? served) ? served.All : [];
        List<LoadedVersion> next = [];
        List<ModelStatus> failed = [];
        IReadOnlyList<long> versions = [];
        TimeSpan idleTtl;
        bool pinned;
        try
        {
            versions = VersionSelection.Select(source.Folder, source.Config.VersionPolicy);
            idleTtl = TimeSpan.FromSeconds(
                ReplicaSettings.Parameter(source.Config, "idle_ttl_seconds", options.IdleTtlSeconds, 0, 31_536_000)
            );
            pinned = source.IsOverride || ReplicaSettings.Flag(source.Config, "pinned");
        }
        catch (Exception exception) when (VersionLoader.IsBrokenModel(exception))
        {
            source.Temporary?.Dispose();
            string what = versions.Count == 0 ? ModelTable.NoVersion : "failed to poll from model repository";
            return Fail(name, "", $"failed to load '{name}', {what}: {exception.Message}");
        }

        foreach (long version in versions)
        {
            // An ensemble is checked against its steps again, which may have changed.
            if (
                !source.IsEnsemble
                && old.FirstOrDefault(loaded =>
                    loaded.Number == version
                    && loaded.Source.Temporary is null
                    && source.Temporary is null
                    && loaded.Fingerprint == source.Fingerprint(version)
                )
                    is { } same
            )
            {
                next.Add(same);
                continue;
            }
            if (old.FirstOrDefault(loaded => IsResized(loaded, source, version)) is { } resized)
            {
                next.Add(loader.Resize(resized, source));
                continue;
            }

            SetIndex(
                name,
                [
                    .. Ready(name, old.Concat(next))
                        .Where(line => line.Version != version.ToString(CultureInfo.InvariantCulture)),
                    Status(name, version, ModelState.Loading, ""),
                ]
            );
            try
            {
                next.Add(await loader.LoadAsync(source, version, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                // Whatever it is, it is this version's: those loaded before it are not lost with it.
                if (!VersionLoader.IsBrokenModel(exception))
                {
                    LogUnexpected(exception, name);
                }
                failed.Add(
                    Status(
                        name,
                        version,
                        ModelState.Unavailable,
                        $"{FailedVersion(name, $"{version}")}Internal: {exception.Message}"
                    )
                );
            }
        }

        await PublishAsync(
                name,
                old,
                next,
                failed,
                new ServedVersions(Keep(old, next, failed)) { IdleTtl = idleTtl, IsPinned = pinned }
            )
            .ConfigureAwait(false);
        if (next.All(version => version.Source != source))
        {
            source.Temporary?.Dispose();
        }
        return failed.Count == 0 ? new LoadResult(true, "") : new LoadResult(false, Reasons(name, failed));
    }

    /// <summary>
    /// What is loaded again without anything given keeps the configuration that was given before, until somebody changes
    /// the one in its folder.
    /// </summary>
    private ModelSource ReadAgain(string name, ModelFolder? folder, ModelOverride? replacement)
    {
        if (
            replacement is null
            && folder is { Problem: null }
            && table.TryGet(name, out ServedVersions? served)
            && served.All[^1].Source is var last
            && last.IsKeptFor(folder)
        )
        {
            return new ModelSource(folder, last.Config) { IsOverride = true };
        }
        return ModelSource.Read(name, folder, replacement);
    }

    /// <summary>Clients know Triton's words for it.</summary>
    private static string Reasons(string name, IEnumerable<ModelStatus> failed) =>
        $"load failed for model '{name}': "
        + string.Join(
            "; ",
            failed.Select(line =>
                $"version {line.Version} is at UNAVAILABLE state: {line.Reason[FailedVersion(name, line.Version).Length..]}"
            )
        );

    private static string FailedVersion(string name, string version) => $"failed to load '{name}' version {version}: ";

    /// <summary>Whether a version serves that is to have another number of instances, and nothing else.</summary>
    private static bool IsResized(LoadedVersion loaded, ModelSource source, long version) =>
        loaded.Number == version
        && loaded.Source.Temporary is null
        && source.Temporary is null
        && loaded.Model is ModelReplica
        && loaded.DiffersInInstances(source.Fingerprint(version));

    /// <summary>
    /// What serves from now on: what was loaded, and for a version that failed what served as it before; all of the old
    /// where nothing was loaded.
    /// </summary>
    private static List<LoadedVersion> Keep(
        IReadOnlyList<LoadedVersion> old,
        List<LoadedVersion> next,
        List<ModelStatus> failed
    )
    {
        if (next.Count == 0)
        {
            return [.. old];
        }
        return
        [
            .. next.Concat(old.Where(version => failed.Any(line => line.Version == version.Model.Version)))
                .OrderBy(version => version.Number),
        ];
    }

    private async Task PublishAsync(
        string name,
        IReadOnlyList<LoadedVersion> old,
        List<LoadedVersion> next,
        List<ModelStatus> failed,
        ServedVersions model
    )
    {
        // What stands in for a version that could not be loaded is ready, and its line says what is wrong with the new
        // one.
        IEnumerable<ModelStatus> ready = Ready(name, model.All)
            .Select(line => line with { Reason = failed.Find(other => other.Version == line.Version)?.Reason ?? "" });
        SetIndex(
            name,
            ready.Concat(failed.Where(line => model.All.All(version => version.Model.Version != line.Version)))
        );
        foreach (ModelStatus line in failed)
        {
            LogNotLoaded(name, line.Reason);
        }
        table.Publish(name, model.All.Count == 0 ? null : model);
        foreach (LoadedVersion version in next.Where(version => old.All(other => other.Model != version.Model)))
        {
            LogLoaded(version);
        }
        await DrainAsync(old, model.All).ConfigureAwait(false);
    }

    private static IEnumerable<ModelStatus> Ready(string name, IEnumerable<LoadedVersion> versions) =>
        versions.Select(version => Status(name, version.Number, ModelState.Ready, ""));

    private LoadResult Fail(string name, string version, string reason)
    {
        // A name that nobody has a model for is answered and forgotten, or callers could fill the index with it.
        if (!table.Index.ContainsKey(name) && !repository.Has(name))
        {
            return new LoadResult(false, reason);
        }
        LogNotLoaded(name, reason);
        IEnumerable<ModelStatus> ready = table.TryGet(name, out ServedVersions? served)
            ? Ready(name, served.All).Select(line => line with { Reason = reason })
            : [];
        SetIndex(name, ready.DefaultIfEmpty(new ModelStatus(name, version, ModelState.Unavailable, reason)));
        return new LoadResult(false, reason);
    }

    private void SetIndex(string name, IEnumerable<ModelStatus> lines) =>
        table.SetIndex(
            name,
            // As numbers are: 2 before 10.
            [.. lines.OrderBy(line => line.Version.Length).ThenBy(line => line.Version, StringComparer.Ordinal)]
        );

    private void LogLoaded(LoadedVersion version)
    {
        IReadOnlyList<string> ignored = version.Source.Folder.Files(version.Number).Ignored;
        if (ignored.Count > 0)
        {
            LogIgnored(version.Model.Name, version.Number, string.Join("; ", ignored.Take(10)));
        }
        if (version.Warning.Length > 0)
        {
            LogWithoutEffect(version.Model.Name, version.Number, version.Warning);
        }
        if (version.Model is ModelReplica replica)
        {
            LogLoaded(
                replica.Name,
                version.Number,
                replica.ExecutionProvider,
                replica.Limits.MaxRows,
                replica.Limits.Concurrency,
                replica.Policy.SloP99Ms
            );
        }
        else
        {
            LogLoadedEnsemble(version.Model.Name, version.Number);
        }
    }

    [LoggerMessage(
        EventId = 1004,
        Level = LogLevel.Information,
        Message = "Model {Model} version {Version} is ready on {Provider}: batches of up to {MaxRows} "
            + "rows, {Concurrency} at once, objective {SloMs:F1} ms at p99."
    )]
    private partial void LogLoaded(
        string model,
        long version,
        string provider,
        int maxRows,
        int concurrency,
        double sloMs
    );

    [LoggerMessage(
        EventId = 1005,
        Level = LogLevel.Information,
        Message = "Ensemble {Model} version {Version} is ready."
    )]
    private partial void LogLoadedEnsemble(string model, long version);

    [LoggerMessage(
        EventId = 1006,
        Level = LogLevel.Warning,
        Message = "Model {Model} version {Version}: left out of it: {Ignored}"
    )]
    private partial void LogIgnored(string model, long version, string ignored);

    [LoggerMessage(
        EventId = 1007,
        Level = LogLevel.Error,
        Message = "Model {Model} cannot be loaded, for a reason that is no model's"
    )]
    private partial void LogUnexpected(Exception exception, string model);

    [LoggerMessage(EventId = 1015, Level = LogLevel.Warning, Message = "Model {Model} version {Version}: {Warning}")]
    private partial void LogWithoutEffect(string model, long version, string warning);

    [LoggerMessage(EventId = 1008, Level = LogLevel.Error, Message = "Model {Model}: {Reason}")]
    private partial void LogNotLoaded(string model, string reason);

    [LoggerMessage(EventId = 1009, Level = LogLevel.Information, Message = "Model {Model}: {Reason}")]
    private partial void LogUnloaded(string model, string reason);
}
