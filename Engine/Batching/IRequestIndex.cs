namespace OrleansInference.Engine.Batching;

/// <summary>What a <see cref="RequestTree{TIndex}"/> is ordered by, and where it keeps its links.</summary>
internal interface IRequestIndex
{
    /// <summary>Whether <see cref="RequestTree{TIndex}.RowsBefore"/> is asked for; keeping its sums costs a walk to the root.</summary>
    static abstract bool CountsRows { get; }

    /// <summary>The tree's links in a request.</summary>
    static abstract ref RequestLink Link(QueuedRequest request);

    /// <summary>The place of a request; no two have the same, and it stays while the request is in the tree.</summary>
    static abstract OrderKey Key(QueuedRequest request);
}
