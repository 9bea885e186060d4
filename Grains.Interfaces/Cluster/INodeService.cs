using Orleans.Services;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// One node of the cluster, addressed by its silo: other silos and clients that route for themselves call it.
/// </summary>
[Alias("OrleansInference.INodeService")]
public interface INodeService : IGrainService
{
    /// <summary>
    /// Runs a request on this node; it is not passed on to another. Takes its tensors over, errors come back in the
    /// answer.
    /// </summary>
    [Alias("Infer")]
    [ResponseTimeout("00:30:00")]
    Task<InferenceAnswer> InferAsync(InferenceCall request, CancellationToken cancellationToken);

    /// <summary>Answers, if the node lives.</summary>
    [Alias("Ping")]
    [ResponseTimeout("00:00:05")]
    Task PingAsync();

    /// <summary>What the node has and does.</summary>
    [Alias("Report")]
    [ResponseTimeout("00:00:10")]
    Task<NodeReport> ReportAsync();

    /// <summary>Applies a plan and its routing table, unless the node has newer ones.</summary>
    /// <returns>The epoch that it now follows: a higher one than the plan's tells its director that it was
    /// replaced.</returns>
    [Alias("ApplyPlan")]
    [ResponseTimeout("00:00:10")]
    Task<long> ApplyPlanAsync(ClusterPlan plan, RoutingTable routing);

    /// <summary>The plan and the table that it follows, from which a director without stored state goes on.</summary>
    [Alias("GetPlan")]
    [ResponseTimeout("00:00:10")]
    Task<(ClusterPlan Plan, RoutingTable Routing)> GetPlanAsync();

    /// <summary>Loads and warms a model as the plan has it, before its replica moves here.</summary>
    /// <exception cref="InferenceException">It cannot be loaded.</exception>
    [Alias("Prepare")]
    [ResponseTimeout("00:30:00")]
    Task PrepareAsync(string model, CancellationToken cancellationToken);

    /// <summary>Drains and unloads a model, unless the plan wants it here.</summary>
    [Alias("Release")]
    [ResponseTimeout("00:30:00")]
    Task ReleaseAsync(string model, CancellationToken cancellationToken);

    /// <summary>Loads a model from this node's own repository, or what has changed of it there.</summary>
    /// <returns>
    /// Null where its repository has no such model; an empty text where it serves it now; else why it cannot.
    /// </returns>
    [Alias("LoadOwn")]
    [ResponseTimeout("00:30:00")]
    Task<string?> LoadOwnAsync(string model, CancellationToken cancellationToken);

    /// <summary>A model's metadata and configuration, for nodes that do not serve it.</summary>
    /// <exception cref="InferenceException">It is not served here.</exception>
    [Alias("Describe")]
    [ResponseTimeout("00:00:10")]
    Task<ModelDescription> DescribeAsync(string model);

    /// <summary>A model's contents as this node has them; null where it has none of that revision.</summary>
    [Alias("GetManifest")]
    [ResponseTimeout("00:02:00")]
    Task<ModelManifest?> GetManifestAsync(string model, string revision);

    /// <summary>A part of a model's file, at most <paramref name="length"/> bytes; fewer at the file's end.</summary>
    /// <exception cref="InferenceException">There is no such file in that revision.</exception>
    [Alias("ReadFile")]
    [ResponseTimeout("00:00:30")]
    Task<byte[]> ReadFileAsync(string model, string revision, string path, long offset, int length);

    /// <summary>Measures what a model costs here at several batch sizes, below the priority of requests.</summary>
    /// <returns>Median seconds of a run by rows.</returns>
    /// <exception cref="InferenceException">It is not served here.</exception>
    [Alias("Profile")]
    [ResponseTimeout("00:10:00")]
    Task<Dictionary<int, double>> ProfileAsync(string model, string version, CancellationToken cancellationToken);

    /// <summary>
    /// Searches the best settings of a replica while it serves, below the priority of requests, and leaves them in
    /// force.
    /// </summary>
    /// <exception cref="InferenceException">It is not served here.</exception>
    [Alias("Search")]
    [ResponseTimeout("00:30:00")]
    Task<KnobProfile> SearchAsync(string model, string version, CancellationToken cancellationToken);

    /// <summary>
    /// Measures one setting of a replica while it serves, below the priority of requests, and puts it back as it was.
    /// </summary>
    /// <exception cref="InferenceException">It is not served here.</exception>
    [Alias("Measure")]
    [ResponseTimeout("00:05:00")]
    Task<KnobPoint> MeasureAsync(
        string model,
        string version,
        ReplicaKnobs setting,
        CancellationToken cancellationToken
    );

    /// <summary>Takes no new requests from now on, and ends when those under way are answered.</summary>
    [Alias("Drain")]
    [ResponseTimeout("00:30:00")]
    Task DrainAsync(CancellationToken cancellationToken);
}
