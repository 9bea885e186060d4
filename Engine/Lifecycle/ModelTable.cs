using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using OrleansInference.Engine.Ensembles;
using OrleansInference.Engine.Replicas;
using OrleansInference.Engine.Repository;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>What serves and where every model stands: immutable snapshots that requests read without a lock.</summary>
internal sealed class ModelTable
{
    /// <summary>How the reason begins in the line of a model that a request unloaded.</summary>
    public const string Unloaded = "unloaded";

    /// <summary>What the line of a model says of which no version is there to be loaded.</summary>
    public const string NoVersion = "no version is available";

    private readonly Lock _lock = new();
    private FrozenDictionary<string, ServedVersions> _served = FrozenDictionary<string, ServedVersions>.Empty;
    private FrozenDictionary<string, ModelStatus[]> _index = FrozenDictionary<string, ModelStatus[]>.Empty;
    private FrozenDictionary<string, FrozenSet<string>> _past = FrozenDictionary<string, FrozenSet<string>>.Empty;
    private Listing _models = new(FrozenDictionary<string, ServedVersions>.Empty, []);

    /// <summary>Every model that serves.</summary>
    public FrozenDictionary<string, ServedVersions> Served => Volatile.Read(ref _served);

    /// <summary>
    /// Every version that serves, by name and version; listed once for each snapshot, since many ask often.
    /// </summary>
    public IReadOnlyList<IServedModel> Models
    {
        get
        {
            FrozenDictionary<string, ServedVersions> served = Served;
            Listing known = Volatile.Read(ref _models);
            if (ReferenceEquals(known.Served, served))
            {
                return known.Models;
            }
            IEnumerable<LoadedVersion> versions = served
                .OrderBy(model => model.Key, StringComparer.Ordinal)
                .SelectMany(model => model.Value.All);
            Listing listing = new(served, [.. versions.Select(version => version.Model)]);
            // Two may list at once: their lists are the same, and either may stay.
            Volatile.Write(ref _models, listing);
            return listing.Models;
        }
    }

    /// <summary>Every model that was ever asked for, and its lines in the index.</summary>
    public FrozenDictionary<string, ModelStatus[]> Index => Volatile.Read(ref _index);

    /// <summary>Why models that were asked for do not serve, a line for each. Who was unloaded is not asked for.</summary>
    public IReadOnlyList<string> Failures =>
        [.. Index.Values.SelectMany(lines => lines).Where(IsMissing).Select(line => line.Reason)];

    /// <summary>Whether every model that was asked for serves.</summary>
    public bool IsWhole => !Index.Values.SelectMany(lines => lines).Any(IsMissing);

    /// <summary>The ensembles that serve and have a model among their steps.</summary>
    public string[] EnsemblesOn(string name) =>
        [
            .. Models
                .OfType<EnsembleModel>()
                .Where(ensemble => ensemble.Plan.Steps.Any(step => step.ModelName == name))
                .Select(ensemble => ensemble.Name)
                .Distinct(),
        ];

    /// <summary>What serves of a model.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out ServedVersions? model) =>
        Served.TryGetValue(name, out model);

    /// <summary>
    /// What serves a version, or the highest one for an empty <paramref name="version"/>; null and why there is none.
    /// </summary>
    public IServedModel? Find(string name, string version, out InferenceError error, out string message)
    {
        error = InferenceError.None;
        message = "";
        if (TryGet(name, out ServedVersions? served))
        {
            if (served.Find(version) is { } loaded)
            {
                return loaded.Model;
            }
            error = InferenceError.NotFound;
            bool hasServed = Past.TryGetValue(name, out FrozenSet<string>? past) && past.Contains(version);
            message =
                $"Request for unknown model: '{name}' version {version} is "
                + $"{(hasServed ? "not at ready state" : "not found")}; ready versions: "
                + $"{string.Join(", ", served.All.Select(ready => ready.Model.Version))}";
            return null;
        }

        if (Index.TryGetValue(name, out ModelStatus[]? lines) && lines.Length > 0)
        {
            ModelStatus last = lines[^1];
            string reason = last.Reason.Length > 0 ? last.Reason : last.State.ToString();
            error = InferenceError.Unavailable;
            // A line without a version is of a model that could not be read, or of one that has none.
            bool isRead = last.Version.Length > 0 || reason.Contains(NoVersion, StringComparison.Ordinal);
            string what = isRead ? "has no available versions" : "is not found";
            message = $"Request for unknown model: '{name}' {what}: {reason}";
            return null;
        }

        error = InferenceError.NotFound;
        message = Past.ContainsKey(name)
            ? $"Request for unknown model: '{name}' has no available versions: its folder is gone"
            : $"Request for unknown model: '{name}' is not found";
        return null;
    }

    /// <summary>Puts a model in the place of what served under its name, or takes it out.</summary>
    public void Publish(string name, ServedVersions? model)
    {
        // Different models change at once: a copy made from the older table would lose the other's change.
        lock (_lock)
        {
            Dictionary<string, ServedVersions> next = new(_served);
            if (model is null)
            {
                next.Remove(name);
            }
            else
            {
                next[name] = model;
                Remember(name, model);
            }
            Volatile.Write(ref _served, next.ToFrozenDictionary());
        }
    }

    /// <summary>Replaces a model's lines in the index; null forgets it.</summary>
    public void SetIndex(string name, ModelStatus[]? lines)
    {
        lock (_lock)
        {
            Dictionary<string, ModelStatus[]> next = new(_index);
            if (lines is null)
            {
                next.Remove(name);
            }
            else
            {
                next[name] = lines;
            }
            Volatile.Write(ref _index, next.ToFrozenDictionary());
        }
    }

    /// <summary>Models that have served, and their versions: who asks for one is told that it was there.</summary>
    private FrozenDictionary<string, FrozenSet<string>> Past => Volatile.Read(ref _past);

    /// <summary>Called with the lock held.</summary>
    private void Remember(string name, ServedVersions model)
    {
        FrozenSet<string> known = _past.GetValueOrDefault(name) ?? [];
        string[] more =
        [
            .. model.All.Select(version => version.Model.Version).Where(version => !known.Contains(version)),
        ];
        if (more.Length > 0)
        {
            Dictionary<string, FrozenSet<string>> next = new(_past) { [name] = known.Concat(more).ToFrozenSet() };
            Volatile.Write(ref _past, next.ToFrozenDictionary());
        }
    }

    private static bool IsMissing(ModelStatus line) =>
        line.State != ModelState.Ready && !IsUnloaded(line) && !IsNobodys(line);

    /// <summary>As Triton has it: a folder that stands for no one model is not among those that were asked for.</summary>
    private static bool IsNobodys(ModelStatus line) =>
        line.Reason.Contains(ModelFolder.Ambiguous, StringComparison.Ordinal)
        || line.Reason.Contains(ModelFolder.NoConfig, StringComparison.Ordinal);

    private static bool IsUnloaded(ModelStatus line) => line.Reason.StartsWith(Unloaded, StringComparison.Ordinal);

    private sealed record Listing(FrozenDictionary<string, ServedVersions> Served, IReadOnlyList<IServedModel> Models);
}
