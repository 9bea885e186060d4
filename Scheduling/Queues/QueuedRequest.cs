using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Scheduling.Queues;

/// <summary>
/// A request as a replica's queue sees it: its rows, its place and its deadline. Who runs requests derives its own from
/// it, with what a run needs.
/// </summary>
public class QueuedRequest
{
    /// <summary>Its links in the queue's tree of all requests.</summary>
    internal RequestLink InLine;

    /// <summary>Its links in the tree of its lane.</summary>
    internal RequestLink InLane;

    /// <summary>Creates it for <paramref name="rows"/> rows; a model without a batch dimension has one.</summary>
    public QueuedRequest(InferenceCall request, int rows, ShapeSignature signature)
    {
        Request = request;
        Rows = rows;
        Signature = signature;
    }

    /// <summary>What was asked.</summary>
    public InferenceCall Request { get; }

    /// <summary>Rows to run, at least 1.</summary>
    public int Rows { get; }

    /// <summary>What it can run together with.</summary>
    public ShapeSignature Signature { get; }

    /// <summary>Place in line, given by the queue.</summary>
    public OrderKey Key { get; internal set; }

    /// <summary>When it was queued.</summary>
    public TimeSpan Arrival { get; internal set; }

    /// <summary>When it must be answered; <see cref="TimeSpan.MaxValue"/> without a deadline.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.MaxValue;

    /// <summary>
    /// Whether an overdue request is dropped (the default), or served behind all of its priority that are not; the queue
    /// looks when it is added.
    /// </summary>
    public bool DropWhenOverdue { get; set; } = true;

    /// <summary>
    /// When it is dropped, from the queue or out of its run. <see cref="TimeSpan.MaxValue"/>: never.
    /// </summary>
    public TimeSpan DropAt => DropWhenOverdue ? LapsesAt : TimeSpan.MaxValue;

    /// <summary>
    /// When it is overdue in the queue; set as it is added. <see cref="TimeSpan.MaxValue"/>: never, or not any more.
    /// </summary>
    internal TimeSpan LapsesAt { get; set; }

    /// <summary>Rows handed to batches so far. Guarded by the queue's lock.</summary>
    public int RowsTaken { get; internal set; }

    /// <summary>Rows not yet handed to a batch. Guarded by the queue's lock.</summary>
    public int RowsLeft => Rows - RowsTaken;

    /// <summary>Whether rows of it are waiting. Guarded by the queue's lock.</summary>
    public bool IsQueued { get; internal set; }

    /// <summary>Pseudo-random; see <see cref="RequestTree{TIndex}"/>.</summary>
    internal uint Level { get; set; }

    /// <summary>Where those wait that it can share a run with; null while it waits in no lane.</summary>
    internal QueueLane? Lane { get; set; }
}
