namespace OrleansInference.Engine.Batching;

/// <summary>A request's place in one <see cref="RequestTree{TIndex}"/>. It lives in the request, so that queueing allocates nothing.</summary>
internal struct RequestLink
{
    /// <summary>The request above it; null at the root.</summary>
    public QueuedRequest? Parent;

    /// <summary>The root of those below it that come earlier.</summary>
    public QueuedRequest? Left;

    /// <summary>The root of those below it that come later.</summary>
    public QueuedRequest? Right;

    /// <summary>Rows waiting in <see cref="Left"/> and below, where the tree counts rows.</summary>
    public long RowsBefore;
}
