using System.Threading.Tasks.Sources;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;
using OrleansInference.Routing.Partition;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// A request in a replica's queue, and the awaitable of its answer. Its rows may run in several batches; the last one
/// to end completes it. Its inputs are released when neither the queue nor a run reads them any more.
/// </summary>
public class QueuedRequest : IValueTaskSource<InferenceResponse>
{
    /// <summary>Its links in the queue's tree of all requests.</summary>
    internal RequestLink InLine;

    /// <summary>Its links in the tree of its lane.</summary>
    internal RequestLink InLane;

    private ManualResetValueTaskSourceCore<InferenceResponse> _answer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private int _completed;
    private int _readers = 1;

    /// <summary>Creates it for <paramref name="rows"/> rows; a model without a batch dimension has one.</summary>
    public QueuedRequest(InferenceRequest request, InferenceTensor?[] inputs, int rows, ShapeSignature signature)
    {
        Request = request;
        Inputs = inputs;
        Rows = rows;
        Signature = signature;
    }

    /// <summary>What was asked.</summary>
    public InferenceRequest Request { get; }

    /// <summary>The inputs in the model's order; null where an optional one was left out.</summary>
    public InferenceTensor?[] Inputs { get; }

    /// <summary>Rows to run, at least 1.</summary>
    public int Rows { get; }

    /// <summary>Whether its batch dimension is 0: it runs alone, as one row, for the shapes of its outputs.</summary>
    public bool HasNoElements { get; init; }

    /// <summary>What it can run together with.</summary>
    public ShapeSignature Signature { get; }

    /// <summary>Place in line, given by the queue.</summary>
    public OrderKey Key { get; internal set; }

    /// <summary>When it was queued.</summary>
    public TimeSpan Arrival { get; internal set; }

    /// <summary>When it must be answered; <see cref="TimeSpan.MaxValue"/> without a deadline.</summary>
    public TimeSpan Deadline { get; set; } = TimeSpan.MaxValue;

    /// <summary>Whether an overdue request is dropped (the default) or only served late; the queue looks when it is added.</summary>
    public bool DropWhenOverdue { get; set; } = true;

    /// <summary>Rows handed to batches so far. Guarded by the queue's lock.</summary>
    public int RowsTaken { get; internal set; }

    /// <summary>Rows not yet handed to a batch. Guarded by the queue's lock.</summary>
    public int RowsLeft => Rows - RowsTaken;

    /// <summary>Whether rows of it are waiting. Guarded by the queue's lock.</summary>
    public bool IsQueued { get; internal set; }

    /// <summary>When the queue drops it, set as it is added; <see cref="TimeSpan.MaxValue"/>: never.</summary>
    internal TimeSpan DropAt { get; set; }

    /// <summary>Pseudo-random; see <see cref="RequestTree{TIndex}"/>.</summary>
    internal uint Level { get; set; }

    /// <summary>Where those wait that it can share a run with; null while it waits in no lane.</summary>
    internal QueueLane? Lane { get; set; }

    /// <summary>Rows that waited when it was queued.</summary>
    public long RowsAhead { get; set; }

    /// <summary>Batches that ran when it was queued.</summary>
    public int RunsUnderWay { get; set; }

    /// <summary>Its span in a trace; null where nobody traces.</summary>
    public System.Diagnostics.Activity? Activity { get; set; }

    /// <summary>Told of the answer before the caller can see it, so that statistics are never behind an answer.</summary>
    public Action<QueuedRequest, InferenceResponse>? OnAnswer { get; set; }

    /// <summary>Outputs being put together from several batches; null where one batch takes all rows.</summary>
    public JoinedOutputs? Joined { get; set; }

    /// <summary>The batches that run rows of it now. Guarded by the queue's lock.</summary>
    internal List<RunningBatch> Running { get; } = new(1);

    /// <summary>Whether it has been answered, cancelled or refused.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>The awaitable; to be awaited once.</summary>
    public ValueTask<InferenceResponse> Answer => new(this, _answer.Version);

    /// <summary>Calls <paramref name="onCancelled"/> once if the token is cancelled before the answer.</summary>
    public void CancelWith(Action<object?> onCancelled, object state, CancellationToken token)
    {
        _cancellation = token.UnsafeRegister(onCancelled, state);
        // The answer may have come while this registered: nobody else would unregister then.
        if (IsCompleted) _cancellation.Unregister();
    }

    /// <summary>Gives the answer, unless there is one already; a late answer is disposed.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="inline">
    /// Continue the waiter on this thread: saves a thread hop when nothing else waits for it. Waiters on a scheduler of
    /// their own (grains) are posted there all the same.
    /// </param>
    /// <returns>Whether this was the first answer.</returns>
    public bool TryComplete(InferenceResponse response, bool inline = false)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
        {
            response.Dispose();
            return false;
        }

        OnAnswer?.Invoke(this, response);
        _cancellation.Unregister();
        _answer.RunContinuationsAsynchronously = !inline;
        _answer.SetResult(response);
        return true;
    }

    /// <summary>Answers with an error.</summary>
    public bool TryFail(InferenceError error, string message) => TryComplete(InferenceResponse.Failure(Request, error, message));

    /// <summary>Says that one more run reads the inputs.</summary>
    public void AddReader() => Interlocked.Increment(ref _readers);

    /// <summary>Says that the queue or a run is done with the inputs; the last one releases them.</summary>
    public void ReleaseReader()
    {
        if (Interlocked.Decrement(ref _readers) == 0) Request.Dispose();
    }

    InferenceResponse IValueTaskSource<InferenceResponse>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<InferenceResponse>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<InferenceResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}
