namespace OrleansInference.Scheduling.Batching;

/// <summary>The run-time knobs of one replica's batching: an immutable snapshot, replaced as a whole.</summary>
public sealed record BatchLimits
{
    /// <summary>Most rows of one run: the model's <c>max_batch_size</c>, 1 for a model without a batch dimension.</summary>
    public int MaxRows { get; init; } = 1;

    /// <summary>
    /// True where the operator configured dynamic batching: batches then fill to <see cref="MaxRows"/>. Otherwise the
    /// size is chosen by the measured cost.
    /// </summary>
    public bool FillToMax { get; init; }

    /// <summary>Most rows of one run as the agent has it, at most <see cref="MaxRows"/>; 0 where it is chosen by the measured cost.</summary>
    public int RowLimit { get; init; }

    /// <summary>Whether each request runs alone and whole: rows of this model were seen to influence each other.</summary>
    public bool OneRequest { get; init; }

    /// <summary>Sizes worth running at once, ascending; Triton's <c>preferred_batch_size</c>.</summary>
    public IReadOnlyList<int> PreferredRows { get; init; } = [];

    /// <summary>How long the head of the queue may wait for company; zero is work-conserving.</summary>
    public TimeSpan MaxDelay { get; init; }

    /// <summary>Runs at once, at least 1.</summary>
    public int Concurrency { get; init; } = 1;

    /// <summary>Most requests waiting; one more is refused with <c>ResourceExhausted</c>.</summary>
    public int MaxQueuedRequests { get; init; } = 4096;
}
