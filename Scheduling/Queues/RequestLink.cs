namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// A request's place in one <see cref="RequestTree{TIndex}"/>. It lives in the request, so that queueing allocates
/// nothing.
/// </summary>
internal struct RequestLink
{
    /// <summary>The request above it; null at the root.</summary>
    public QueuedRequest? Parent;

    /// <summary>The root of those below it that come earlier.</summary>
    public QueuedRequest? Left;

    /// <summary>The root of those below it that come later.</summary>
    public QueuedRequest? Right;

    /// <summary>Rows left of <see cref="Left"/> and those below it, in a tree that keeps sums.</summary>
    public long RowsBefore;

    /// <summary>
    /// The earliest <see cref="QueuedRequest.LapsesAt"/> of the request and those below it, in a tree that keeps sums.
    /// </summary>
    public TimeSpan Earliest;
}
