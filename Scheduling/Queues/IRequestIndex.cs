namespace OrleansInference.Scheduling.Queues;

/// <summary>What tells the trees apart that a request can be in.</summary>
internal interface IRequestIndex
{
    /// <summary>
    /// Whether the tree keeps sums, for <see cref="RequestTree{TIndex}.RowsBefore"/> and
    /// <see cref="RequestTree{TIndex}.FirstOverdue"/>.
    /// </summary>
    static abstract bool KeepsSums { get; }

    /// <summary>The tree's links in a request.</summary>
    static abstract ref RequestLink Link(QueuedRequest request);
}
