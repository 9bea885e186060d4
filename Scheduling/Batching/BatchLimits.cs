using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Scheduling.Batching;

/// <summary>The run-time knobs of one replica's batching: an immutable snapshot, replaced as a whole.</summary>
public sealed record BatchLimits
{
    /// <summary>The longest delay that a knob may set, milliseconds.</summary>
    private const double LongestDelayMs = 10_000;

    /// <summary>
    /// Most rows of one run: the model's <c>max_batch_size</c>, 1 for a model without a batch dimension.
    /// </summary>
    public int MaxRows { get; init; } = 1;

    /// <summary>
    /// True where the operator configured dynamic batching: batches then fill to <see cref="MaxRows"/>. Otherwise the
    /// size is chosen by the measured cost.
    /// </summary>
    public bool FillToMax { get; init; }

    /// <summary>
    /// Most rows of one run as the agent has it, at most <see cref="MaxRows"/>; 0 where it is chosen by the measured
    /// cost.
    /// </summary>
    public int RowLimit { get; init; }

    /// <summary>
    /// Whether each request runs alone and whole: rows of this model were seen to influence each other.
    /// </summary>
    public bool OneRequest { get; init; }

    /// <summary>Whether requests share runs but none is split: what belongs to a request is told by its shape.</summary>
    public bool KeepsWhole { get; init; }

    /// <summary>Sizes worth running at once, ascending; Triton's <c>preferred_batch_size</c>.</summary>
    public IReadOnlyList<int> PreferredRows { get; init; } = [];

    /// <summary>Rows that do not wait for more of them, 1 or more; 0 where all that are allowed to wait do.</summary>
    public int EnoughRows { get; init; }

    /// <summary>How long the head of the queue may wait for company; zero is work-conserving.</summary>
    public TimeSpan MaxDelay { get; init; }

    /// <summary>Runs at once, at least 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Most requests waiting; one more is refused with <c>ResourceExhausted</c>.</summary>
    public int MaxQueuedRequests { get; init; } = 4096;

    /// <summary>
    /// These limits, as they are configured, with knobs set over them; what a knob leaves unset stays configured.
    /// </summary>
    /// <param name="knobs">The knobs.</param>
    /// <param name="threads">Intra-op threads of a run, at least 1: fewer runs fit side by side where each has
    /// more.</param>
    /// <param name="engineThreads">Threads that batches run on: no more run at once.</param>
    public BatchLimits With(in ReplicaKnobs knobs, int threads, int engineThreads) =>
        this with
        {
            Concurrency =
                knobs.Instances > 0
                    ? Math.Clamp(knobs.Instances, 1, Math.Max(1, engineThreads))
                    : Math.Max(1, Concurrency / Math.Max(1, threads)),
            RowLimit = knobs.MaxRows > 0 ? Math.Min(knobs.MaxRows, MaxRows) : 0,
            MaxDelay =
                knobs.DelayMs >= 0 ? TimeSpan.FromMilliseconds(Math.Min(knobs.DelayMs, LongestDelayMs)) : MaxDelay,
        };
}
