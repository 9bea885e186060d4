using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Grains.Nodes;

/// <summary>This node's service. Calls interleave: nothing here keeps another waiting.</summary>
internal sealed class NodeService(
    GrainId id,
    global::Orleans.Runtime.Silo silo,
    ILoggerFactory loggers,
    ClusterNode node,
    NodeIntake intake,
    NodeContent content,
    NodeKnobs knobs,
    NodeReporter reporter
) : GrainService(id, silo, loggers), INodeService
{
    /// <inheritdoc />
    public Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken) =>
        intake.InferAsync(request, cancellationToken);

    /// <inheritdoc />
    public Task PingAsync() => Task.CompletedTask;

    /// <inheritdoc />
    // Beside the service's turn: the first report of a large model hashes its files, for seconds.
    public Task<NodeReport> ReportAsync() => Task.Run(() => reporter.Report(this.GetGrainId().Type.ToString()!));

    /// <inheritdoc />
    public Task<long> ApplyPlanAsync(ClusterPlan plan, RoutingTable routing) =>
        Task.FromResult(node.Apply(plan, routing));

    /// <inheritdoc />
    public Task<(ClusterPlan Plan, RoutingTable Routing)> GetPlanAsync() =>
        Task.FromResult((node.Plan, node.Router.Snapshot.Table));

    /// <inheritdoc />
    public Task PrepareAsync(string model, CancellationToken cancellationToken) =>
        content.PrepareAsync(model, cancellationToken);

    /// <inheritdoc />
    public Task ReleaseAsync(string model, CancellationToken cancellationToken) =>
        content.ReleaseAsync(model, cancellationToken);

    /// <inheritdoc />
    public Task<string?> LoadOwnAsync(string model, CancellationToken cancellationToken) =>
        content.LoadOwnAsync(model, cancellationToken);

    /// <inheritdoc />
    public Task<ModelDescription> DescribeAsync(string model) => Task.FromResult(content.Describe(model));

    /// <inheritdoc />
    public Task<ModelManifest?> GetManifestAsync(string model, string revision) =>
        Task.Run(() => content.FindManifest(model, revision));

    /// <inheritdoc />
    public Task<byte[]> ReadFileAsync(string model, string revision, string path, long offset, int length) =>
        content.ReadFileAsync(model, revision, path, offset, length);

    /// <inheritdoc />
    public Task<Dictionary<int, double>> ProfileAsync(
        string model,
        string version,
        CancellationToken cancellationToken
    ) => content.ProfileAsync(model, version, cancellationToken);

    /// <inheritdoc />
    public Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken) =>
        knobs.SearchAsync(model, version, cancellationToken);

    /// <inheritdoc />
    public Task<KnobPoint> MeasureAsync(
        string model,
        string version,
        ReplicaKnobs setting,
        CancellationToken cancellationToken
    ) => knobs.MeasureAsync(model, version, setting, cancellationToken);

    /// <inheritdoc />
    public Task DrainAsync(CancellationToken cancellationToken) => intake.DrainAsync(cancellationToken);
}
