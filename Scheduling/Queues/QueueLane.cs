namespace OrleansInference.Scheduling.Queues;

/// <summary>The waiting requests that can share a run.</summary>
internal sealed class QueueLane(ShapeSignature signature)
{
    /// <summary>What they agree in.</summary>
    public ShapeSignature Signature { get; } = signature;

    /// <summary>The requests, in order.</summary>
    public RequestTree<Index> Requests { get; } = new();

    /// <summary>A lane's requests.</summary>
    internal readonly struct Index : IRequestIndex
    {
        // What is overdue, and what stands before a place, is asked of the line of all requests only.
        static bool IRequestIndex.KeepsSums => false;

        static ref RequestLink IRequestIndex.Link(QueuedRequest request) => ref request.InLane;
    }
}
