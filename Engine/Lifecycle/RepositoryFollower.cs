using System.Collections.Concurrent;
using OrleansInference.Engine.Hosting;
using OrleansInference.Engine.Repository;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>
/// Keeps what serves in line with the repository: loads what the mode asks for at start, and follows the folders after.
/// </summary>
internal sealed class RepositoryFollower(
    EngineOptions options,
    ModelRepository repository,
    ModelLifecycle lifecycle,
    ModelTable table
)
{
    private readonly ConcurrentDictionary<string, byte> _withdrawn = new();

    /// <summary>The state of the folders when they were loaded, by model. Used by one caller at a time.</summary>
    private readonly Dictionary<string, string> _fingerprints = [];

    /// <summary>Models whose folders went while the repository was followed.</summary>
    public IReadOnlyCollection<string> Withdrawn => [.. _withdrawn.Keys];

    private bool LoadsAll =>
        options.Mode is ModelControlMode.All or ModelControlMode.Poll || options.LoadModel.Contains("*");

    /// <summary>
    /// Whether the mode asks for a model at start, so that it is to be served without anybody's request.
    /// </summary>
    public bool IsWanted(string name) => (LoadsAll && repository.Has(name)) || options.LoadModel.Contains(name);

    /// <summary>Loads what the mode asks for at start.</summary>
    /// <exception cref="ModelRepositoryException">The repository cannot be read, or a named model is not in
    /// it.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = repository.Read();
        if (!LoadsAll)
        {
            RequireNamed(folders);
        }
        foreach (ModelFolder folder in folders.Where(folder => LoadsAll || options.LoadModel.Contains(folder.Name)))
        {
            _fingerprints[folder.Name] = folder.Fingerprint();
            await lifecycle.LoadAsync(folder.Name, replacement: null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Loads new and changed models, unloads removed ones.</summary>
    /// <exception cref="ModelRepositoryException">The repository itself is away; nothing has changed then.</exception>
    /// <exception cref="AggregateException">What went wrong with single models, after all others were looked
    /// at.</exception>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFolder> folders = repository.Read();
        List<Exception> failures = [];
        foreach (ModelFolder folder in folders)
        {
            await TryAsync(() => FollowAsync(folder, cancellationToken)).ConfigureAwait(false);
        }

        // What other nodes gave this one stays: it was never in the folder.
        HashSet<string> names = [.. folders.Select(folder => folder.Name)];
        string[] absent = [.. _fingerprints.Keys.Where(name => !names.Contains(name))];
        foreach (string gone in absent)
        {
            await TryAsync(() => ForgetAsync(gone, cancellationToken)).ConfigureAwait(false);
        }
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }

        async Task TryAsync(Func<Task> follow)
        {
            try
            {
                await follow().ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(exception);
            }
        }
    }

    private void RequireNamed(IReadOnlyList<ModelFolder> folders)
    {
        string? missing = options.LoadModel.FirstOrDefault(name => folders.All(folder => folder.Name != name));
        if (missing is not null)
        {
            throw new ModelRepositoryException(
                $"--load-model {missing}: there is no such model in '{repository.Path}'; there are: "
                    + $"{string.Join(", ", folders.Select(folder => folder.Name))}"
            );
        }
    }

    private async Task FollowAsync(ModelFolder folder, CancellationToken cancellationToken)
    {
        string fingerprint = folder.Fingerprint();
        if (_fingerprints.GetValueOrDefault(folder.Name) == fingerprint)
        {
            return;
        }
        // Before the load, which may fail: it is tried again when files change, not at every look.
        _fingerprints[folder.Name] = fingerprint;
        _withdrawn.TryRemove(folder.Name, out _);
        if (folder.IsAmbiguous)
        {
            // As Triton has it: what serves is of one folder, and nobody can say that it is the right one.
            await lifecycle
                .UnloadAsync(folder.Name, dependents: false, folder.Problem!, cancellationToken)
                .ConfigureAwait(false);
        }
        await lifecycle.LoadAsync(folder.Name, replacement: null, cancellationToken).ConfigureAwait(false);
    }

    private async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        _fingerprints.Remove(name);
        _withdrawn[name] = 0;
        await lifecycle
            .UnloadAsync(name, dependents: false, "its folder is gone", cancellationToken)
            .ConfigureAwait(false);
        table.SetIndex(name, null);
    }
}
