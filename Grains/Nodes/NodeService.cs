using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Engine;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Grains.Nodes;

/// <summary>This node's service. Calls interleave: nothing here keeps another waiting.</summary>
internal sealed class NodeService(
    GrainId id, global::Orleans.Runtime.Silo silo, ILoggerFactory loggers, ClusterNode node, NodeModels models, NodeTransport transport, NodeReporter reporter, NodeDrain drain, NodeKnobs knobs, InferenceEngine engine, IModelCatalog catalog, IOptions<NodeOptions> options)
    : GrainService(id, silo, loggers), INodeService
{
    private const int LongestRead = 4 << 20;

    private long _bytesInFlight;

    /// <inheritdoc />
    public async Task<InferenceResponse> InferAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        long bytes = request.Inputs.Sum(input => (long)input.ByteLength);
        if (Interlocked.Add(ref _bytesInFlight, bytes) is var held && held > options.Value.MaxBytesInFlight && held > bytes)
        {
            Interlocked.Add(ref _bytesInFlight, -bytes);
            request.Dispose();
            return InferenceResponse.Failure(request, InferenceError.ResourceExhausted, $"node '{node.Name}' holds {held - bytes} of at most {options.Value.MaxBytesInFlight} bytes of requests (Node:MaxBytesInFlight); try again later");
        }

        try
        {
            InferenceResponse response = await node.RunCountedAsync(transport, request, cancellationToken);
            node.CountServed(bytes + response.Outputs.Sum(output => (long)output.ByteLength));
            foreach (InferenceTensor output in response.Outputs) output.ReleaseWhenSerialized = true;
            return response;
        }
        finally
        {
            Interlocked.Add(ref _bytesInFlight, -bytes);
        }
    }

    /// <inheritdoc />
    public Task PingAsync() => Task.CompletedTask;

    /// <inheritdoc />
    public Task<NodeReport> ReportAsync() => Task.Run(() => reporter.Report(this.GetGrainId().Type.ToString()!));

    /// <inheritdoc />
    public Task<long> ApplyPlanAsync(ClusterPlan plan, RoutingTable routing) => Task.FromResult(node.Apply(plan, routing));

    /// <inheritdoc />
    public Task<(ClusterPlan Plan, RoutingTable Routing)> GetPlanAsync() => Task.FromResult((node.Plan, node.Router.Snapshot.Table));

    /// <inheritdoc />
    public Task PrepareAsync(string model, CancellationToken cancellationToken) => models.EnsureAsync(model, cancellationToken);

    /// <inheritdoc />
    public Task ReleaseAsync(string model, CancellationToken cancellationToken) => models.ReleaseAsync(model, cancellationToken);

    /// <inheritdoc />
    public async Task<string?> LoadOwnAsync(string model, CancellationToken cancellationToken)
    {
        if (!engine.HasInRepository(model)) return null;
        Engine.Lifecycle.LoadResult result = await engine.LoadAsync(model, replacement: null, cancellationToken);
        return result.IsReady ? "" : result.Reason;
    }

    /// <inheritdoc />
    public Task<ModelDescription> DescribeAsync(string model)
    {
        ModelMetadata metadata = catalog.GetMetadata(model, "");
        Dictionary<string, string[]> labels = metadata.Outputs
            .Select(output => (output.Name, Labels: catalog.GetLabels(model, "", output.Name).ToArray()))
            .Where(output => output.Labels.Length > 0)
            .ToDictionary(output => output.Name, output => output.Labels);
        return Task.FromResult(new ModelDescription(metadata, catalog.GetConfigJson(model, ""), labels));
    }

    /// <inheritdoc />
    public Task<ModelManifest?> GetManifestAsync(string model, string revision) => Task.Run(() =>
        engine.ManifestOfServed(model) is { } served && served.Revision == revision ? served
        : engine.ManifestOfRepository(model) is { } stored && stored.Revision == revision ? stored : null);

    /// <inheritdoc />
    public async Task<byte[]> ReadFileAsync(string model, string revision, string path, long offset, int length)
    {
        await using FileStream file = engine.OpenContent(model, revision, path) ?? throw new InferenceException(InferenceError.NotFound, $"node '{node.Name}' has no file '{path}' in that revision of model '{model}'");
        file.Seek(offset, SeekOrigin.Begin);
        byte[] chunk = new byte[(int)Math.Clamp(file.Length - offset, 0, Math.Min(length, LongestRead))];
        await file.ReadExactlyAsync(chunk);
        return chunk;
    }

    /// <inheritdoc />
    public Task<Dictionary<int, double>> ProfileAsync(string model, string version, CancellationToken cancellationToken) => engine.ProfileAsync(model, version, cancellationToken);

    /// <inheritdoc />
    public Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken) => knobs.SearchAsync(model, version, cancellationToken);

    /// <inheritdoc />
    public Task<KnobPoint> MeasureAsync(string model, string version, ReplicaKnobs setting, CancellationToken cancellationToken) => knobs.MeasureAsync(model, version, setting, cancellationToken);

    /// <inheritdoc />
    public Task DrainAsync(CancellationToken cancellationToken) => drain.BeginAsync(cancellationToken);
}
