using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Models;

/// <summary>
/// What a model version has done since it was loaded, one consistent reading. Mean batch size =
/// <see cref="InferenceCount"/> ÷ <see cref="ExecutionCount"/>, as load generators compute it.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.InferenceStatistics")]
public sealed record InferenceStatistics
{
    /// <summary>The model.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>The version.</summary>
    [Id(1)]
    public required string Version { get; init; }

    /// <summary>When it last answered with success, in milliseconds since 1970; 0 for never.</summary>
    [Id(2)]
    public long LastInferenceMs { get; init; }

    /// <summary>
    /// Rows of all requests answered with success; a request to a model without batch dimension counts 1.
    /// </summary>
    [Id(3)]
    public long InferenceCount { get; init; }

    /// <summary>Runs that answered them.</summary>
    [Id(4)]
    public long ExecutionCount { get; init; }

    /// <summary>Requests answered with success, from arrival to answer.</summary>
    [Id(5)]
    public DurationStatistic Success { get; init; }

    /// <summary>Requests that failed, from arrival to answer.</summary>
    [Id(6)]
    public DurationStatistic Fail { get; init; }

    /// <summary>Of successful requests: waiting.</summary>
    [Id(7)]
    public DurationStatistic Queue { get; init; }

    /// <summary>Of successful requests: gathering inputs.</summary>
    [Id(8)]
    public DurationStatistic ComputeInput { get; init; }

    /// <summary>Of successful requests: running.</summary>
    [Id(9)]
    public DurationStatistic ComputeInfer { get; init; }

    /// <summary>Of successful requests: handing out outputs.</summary>
    [Id(10)]
    public DurationStatistic ComputeOutput { get; init; }

    /// <summary>Runs by their number of rows, ascending.</summary>
    [Id(11)]
    public BatchStatistics[] Batches { get; init; } = [];

    /// <summary>Requests in the queue now.</summary>
    [Id(12)]
    public long PendingRequests { get; init; }

    /// <summary>Failed requests by their error.</summary>
    [Id(13)]
    public Dictionary<InferenceError, long> Failures { get; init; } = [];

    /// <summary>Bytes of memory reserved for it.</summary>
    [Id(14)]
    public long MemoryBytes { get; init; }

    /// <summary>
    /// Requests that were answered, refused or failed, but for those that were wrong or cancelled, and background work.
    /// </summary>
    [Id(15)]
    public long Requests { get; init; }

    /// <summary>Of those, the ones that missed the model's latency objective, or were refused or failed.</summary>
    [Id(16)]
    public long Violations { get; init; }

    /// <summary>Bytes of the tensors of requests and answers.</summary>
    [Id(17)]
    public long Bytes { get; init; }

    /// <summary>Seconds that all runs took: gathering inputs, running, handing out outputs.</summary>
    public double RunSeconds =>
        Batches.Sum(batch =>
            batch.ComputeInput.Nanoseconds + batch.ComputeInfer.Nanoseconds + batch.ComputeOutput.Nanoseconds
        ) * 1e-9;
}
