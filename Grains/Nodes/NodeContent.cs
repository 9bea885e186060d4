using OrleansInference.Engine;
using OrleansInference.Engine.Lifecycle;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// The models of this node for other nodes: what it has, its files, and what it shall load or give up.
/// </summary>
internal sealed class NodeContent(ClusterNode node, NodeModels models, InferenceEngine engine, IModelCatalog catalog)
{
    /// <summary>Most bytes of a file in one answer.</summary>
    private const int LongestRead = 4 << 20;

    /// <summary>Loads a model that the plan gives this node.</summary>
    public Task PrepareAsync(string model, CancellationToken cancellationToken) =>
        models.EnsureAsync(model, cancellationToken);

    /// <summary>Gives up a model that the plan takes from this node.</summary>
    public Task ReleaseAsync(string model, CancellationToken cancellationToken) =>
        models.ReleaseAsync(model, cancellationToken);

    /// <summary>
    /// Loads a model from this node's own repository. Returns null where it has none, else what went wrong, or "".
    /// </summary>
    public async Task<string?> LoadOwnAsync(string model, CancellationToken cancellationToken)
    {
        if (!engine.HasInRepository(model))
        {
            return null;
        }
        LoadResult result = await engine.LoadAsync(model, replacement: null, cancellationToken);
        return result.IsReady ? "" : result.Reason;
    }

    /// <summary>Measures seconds a batch, by rows.</summary>
    public Task<Dictionary<int, double>> ProfileAsync(
        string model,
        string version,
        CancellationToken cancellationToken
    ) => engine.Tuner.ProfileAsync(model, version, cancellationToken);

    /// <summary>What clients of other nodes are told about a model.</summary>
    /// <exception cref="InferenceException">It is not served here.</exception>
    public ModelDescription Describe(string model)
    {
        ModelMetadata metadata = catalog.GetMetadata(model, "");
        Dictionary<string, string[]> labels = metadata
            .Outputs.Select(output => (output.Name, Labels: catalog.GetLabels(model, "", output.Name).ToArray()))
            .Where(output => output.Labels.Length > 0)
            .ToDictionary(output => output.Name, output => output.Labels);
        return new ModelDescription(metadata, catalog.GetConfigJson(model, ""), labels);
    }

    /// <summary>
    /// The files of a revision, as it is served or as it lies in the repository; null where neither is that revision.
    /// </summary>
    public ModelManifest? FindManifest(string model, string revision)
    {
        if (engine.Content.ManifestOfServed(model) is { } served && served.Revision == revision)
        {
            return served;
        }
        return engine.Content.ManifestOfRepository(model) is { } stored && stored.Revision == revision ? stored : null;
    }

    /// <summary>Part of a file: at most <paramref name="length"/> bytes and 4 MiB, fewer at its end.</summary>
    /// <exception cref="InferenceException">There is no such file in that revision.</exception>
    public async Task<byte[]> ReadFileAsync(string model, string revision, string path, long offset, int length)
    {
        await using FileStream file = engine.Content.Open(model, revision, path) ?? throw Missing(model, path);
        file.Seek(offset, SeekOrigin.Begin);
        byte[] chunk = new byte[(int)Math.Clamp(file.Length - offset, 0, Math.Min(length, LongestRead))];
        await file.ReadExactlyAsync(chunk);
        return chunk;
    }

    private InferenceException Missing(string model, string path) =>
        new(InferenceError.NotFound, $"node '{node.Name}' has no file '{path}' in that revision of model '{model}'");
}
