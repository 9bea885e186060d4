using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Engine.Repository;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Engine.Repository.Folders;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Onnx.Files;

namespace OrleansInference.Engine.Content;

/// <summary>
/// A model's files as another node needs them: what its source is, hash by hash. Reads files; keeps what it found by
/// source.
/// </summary>
internal sealed class ModelContents
{
    private readonly Lock _lock = new();
    private readonly ConditionalWeakTable<ModelSource, ModelManifest> _known = [];

    /// <summary>
    /// The manifest of a source: the versions that its policy selects, what lies beside them, and its configuration.
    /// </summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="Sessions.ModelLoadException">Its version policy names a version that is not there.</exception>
    public ModelManifest Manifest(ModelSource source)
    {
        // Large files take seconds: whoever else asks meanwhile waits for the same hash.
        lock (_lock)
        {
            return _known.GetValue(source, Read);
        }
    }

    private static ModelManifest Read(ModelSource source)
    {
        List<ModelFile> files = [];
        DateTimeOffset newest = DateTimeOffset.UnixEpoch;
        using IncrementalHash revision = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (FolderFile file in Files(source))
        {
            if (Hash(file.Path) is not { } hash)
            {
                continue;
            }
            string path = Path.GetRelativePath(source.Folder.Path, file.Path).Replace(Path.DirectorySeparatorChar, '/');
            files.Add(new ModelFile(path, file.Status.Length, hash));
            revision.AppendData(Encoding.UTF8.GetBytes($"{path}\n{file.Status.Length}\n{hash}\n"));
            if (file.Status.WrittenAt > newest)
            {
                newest = file.Status.WrittenAt;
            }
        }

        string? config =
            source.IsOverride || source.Folder.HasNamedConfig ? ModelConfigJson.Write(source.Config) : null;
        if (config is not null)
        {
            revision.AppendData(Encoding.UTF8.GetBytes(config));
        }
        return new ModelManifest(
            source.Folder.Name,
            Convert.ToHexString(revision.GetHashAndReset()),
            newest,
            config,
            [.. files]
        );
    }

    /// <summary>
    /// What may not be read is no part of what serves here, and so of nothing that another node needs.
    /// </summary>
    private static string? Hash(string path)
    {
        try
        {
            using FileStream stream = RegularFile.OpenRead(path);
            return Convert.ToHexString(SHA256.HashData(stream));
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static IEnumerable<FolderFile> Files(ModelSource source)
    {
        bool hasNone = source.IsEnsemble && source.Folder.Versions.Count == 0;
        IReadOnlyList<long> versions = hasNone
            ? []
            : VersionSelection.Select(source.Folder, source.Config.VersionPolicy);
        return source
            .Folder.SharedFiles()
            .Concat(versions.SelectMany(version => source.Folder.Files(version).Files))
            .OrderBy(file => file.Path, StringComparer.Ordinal);
    }
}
