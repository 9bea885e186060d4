using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Engine.Content;

/// <summary>A model's files as another node needs them: what its source is, hash by hash. Reads files; keeps what it found by source.</summary>
internal sealed class ModelContents
{
    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<ModelSource, ModelManifest> _known = [];

    /// <summary>The manifest of a source: the versions that its policy selects, what lies beside them, and its configuration.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="Sessions.ModelLoadException">Its version policy names a version that is not there.</exception>
    public ModelManifest Manifest(ModelSource source)
    {
        // Large files take seconds: whoever else asks meanwhile waits for the same hash.
        lock (_lock) return _known.GetValue(source, Read);
    }

    private static ModelManifest Read(ModelSource source)
    {
        List<ModelFile> files = [];
        DateTimeOffset newest = DateTimeOffset.UnixEpoch;
        using IncrementalHash revision = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (FileInfo file in Files(source))
        {
            using FileStream stream = file.OpenRead();
            string hash = Convert.ToHexString(SHA256.HashData(stream));
            string path = Path.GetRelativePath(source.Folder.Path, file.FullName).Replace('\\', '/');
            files.Add(new ModelFile(path, file.Length, hash));
            revision.AppendData(Encoding.UTF8.GetBytes($"{path}\n{file.Length}\n{hash}\n"));
            DateTimeOffset written = new(file.LastWriteTimeUtc, TimeSpan.Zero);
            if (written > newest) newest = written;
        }

        string? config = source.IsOverride ? ModelConfigJson.Write(source.Config) : null;
        if (config is not null) revision.AppendData(Encoding.UTF8.GetBytes(config));
        return new ModelManifest(source.Folder.Name, Convert.ToHexString(revision.GetHashAndReset()), newest, config, [.. files]);
    }

    private static IEnumerable<FileInfo> Files(ModelSource source)
    {
        HashSet<string> versions = [.. (source.IsEnsemble && source.Folder.Versions.Count == 0 ? [] : VersionSelection.Select(source.Folder, source.Config.VersionPolicy)).Select(version => version.ToString(CultureInfo.InvariantCulture))];
        DirectoryInfo root = new(source.Folder.Path);
        return root.EnumerateFiles("*", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(root.FullName, file.FullName).Split(Path.DirectorySeparatorChar)[0] is var top
                && (!long.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out _) || versions.Contains(top)))
            .OrderBy(file => file.FullName, StringComparer.Ordinal);
    }
}
