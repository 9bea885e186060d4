using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Nodes;

/// <summary>Brings a model's files from another node, in chunks, each file checked by its SHA-256.</summary>
internal sealed partial class ModelFetcher(NodeServices services, ClusterNode node, ILogger<ModelFetcher> logger)
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Fetches a revision from the first node that has it.</summary>
    /// <returns>The manifest, and a folder of the caller's own that holds the files under <c>model</c>.</returns>
    /// <exception cref="InferenceException">No node has it, or what came was not what the manifest says.</exception>
    public async Task<(ModelManifest Manifest, string Folder)> FetchAsync(
        string model,
        string revision,
        IEnumerable<SiloAddress> from,
        CancellationToken cancellationToken
    )
    {
        List<string> failures = [];
        foreach (SiloAddress source in from.Where(source => !source.Equals(node.Address)).Distinct())
        {
            try
            {
                INodeService service = services.Of(source);
                if (
                    await service.GetManifestAsync(model, revision).WaitAsync(cancellationToken).ConfigureAwait(false)
                    is not { } manifest
                )
                {
                    continue;
                }
                string folder = await FetchAsync(service, manifest, cancellationToken).ConfigureAwait(false);
                LogFetched(model, source, manifest.Files.Length);
                return (manifest, folder);
            }
            catch (Exception exception)
                when (exception is OrleansException or TimeoutException or IOException or InferenceException)
            {
                failures.Add($"{source}: {exception.Message}");
            }
        }

        string wanted = revision.Length > 12 ? revision[..12] : revision;
        string tried = failures.Count > 0 ? $" ({string.Join("; ", failures)})" : "";
        throw new InferenceException(
            InferenceError.Internal,
            $"failed to load '{model}': no node has its revision {wanted} to fetch it from{tried}"
        );
    }

    private static async Task<string> FetchAsync(
        INodeService service,
        ModelManifest manifest,
        CancellationToken cancellationToken
    )
    {
        string folder = Directory.CreateTempSubdirectory("orleans-inference-").FullName;
        try
        {
            string root = Directory.CreateDirectory(Path.Combine(folder, "model")).FullName;
            foreach (ModelFile file in manifest.Files)
            {
                string path = Path.GetFullPath(Path.Combine(root, Path.Combine(file.Path.Split('/'))));
                // Paths come from another node: none may lead out of the folder.
                if (!path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                {
                    throw new InferenceException(
                        InferenceError.Internal,
                        $"the path '{file.Path}' leaves the model's folder"
                    );
                }
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                await FetchAsync(service, manifest, file, path, cancellationToken).ConfigureAwait(false);
                // The newest contents win in the cluster, and a copy is no newer than what it is a copy of.
                File.SetLastWriteTimeUtc(path, manifest.ContentTime.UtcDateTime);
            }

            return folder;
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static async Task FetchAsync(
        INodeService service,
        ModelManifest manifest,
        ModelFile file,
        string path,
        CancellationToken cancellationToken
    )
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream target = new(path, FileMode.CreateNew, FileAccess.Write);
        while (target.Length < file.Length)
        {
            byte[] chunk = await service
                .ReadFileAsync(manifest.Name, manifest.Revision, file.Path, target.Length, ChunkBytes)
                .WaitAsync(cancellationToken)
                .ConfigureAwait(false);
            // Shorter or longer than it should be: the check below says so.
            if (chunk.Length == 0 || target.Length + chunk.Length > file.Length)
            {
                break;
            }
            hash.AppendData(chunk);
            await target.WriteAsync(chunk, cancellationToken).ConfigureAwait(false);
        }

        if (target.Length != file.Length || Convert.ToHexString(hash.GetHashAndReset()) != file.Sha256)
        {
            throw new InferenceException(
                InferenceError.Internal,
                $"'{file.Path}' of model '{manifest.Name}' changed while it was fetched: its "
                    + $"{target.Length} of {file.Length} bytes do not have the SHA-256 of its manifest"
            );
        }
    }

    [LoggerMessage(
        EventId = 2013,
        Level = LogLevel.Information,
        Message = "Fetched model {Model} from {Source}, {Files} files"
    )]
    private partial void LogFetched(string model, SiloAddress source, int files);
}
