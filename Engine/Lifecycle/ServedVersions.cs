using OrleansInference.Engine.Replicas;

namespace OrleansInference.Engine.Lifecycle;

/// <summary>The versions of one model that serve, ascending; at least one. Immutable.</summary>
internal sealed class ServedVersions(IReadOnlyList<LoadedVersion> versions)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<LoadedVersion> All => versions;

    /// <summary>Whether it is never evicted: the parameter <c>pinned</c> of its configuration.</summary>
    public bool IsPinned { get; init; }

    /// <summary>
    /// How long it may be unused before it is unloaded: the parameter <c>idle_ttl_seconds</c>; zero for ever.
    /// </summary>
    public TimeSpan IdleTtl { get; init; }

    /// <summary>Its use, all versions together.</summary>
    public double UseAt(TimeSpan now) => versions.Sum(version => version.Model.Use.At(now));

    /// <summary>When any version was used last.</summary>
    public TimeSpan LastUsed => versions.Max(version => version.Model.Use.LastUsed);

    /// <summary>A version; the highest for an empty text.</summary>
    public LoadedVersion? Find(string version)
    {
        if (version.Length == 0)
        {
            return versions[^1];
        }
        foreach (LoadedVersion loaded in versions)
        {
            if (loaded.Model.Version == version)
            {
                return loaded;
            }
        }

        return null;
    }
}
