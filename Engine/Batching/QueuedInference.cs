using System.Threading.Tasks.Sources;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Partition;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// A request in a replica's queue, and the awaitable of its answer. Its rows may run in several batches; the last one
/// to end completes it. Its inputs are released when neither the queue nor a run reads them any more.
/// </summary>
public sealed class QueuedInference : QueuedRequest, IValueTaskSource<InferenceAnswer>
{
    /// <summary>The batches that run rows of it now. Guarded by the queue's lock.</summary>
    internal RunningBatches Running;

    private ManualResetValueTaskSourceCore<InferenceAnswer> _answer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private Action<QueuedInference>? _onCancelled;
    private int _completed;
    private int _readers = 1;

    /// <summary>Creates it for <paramref name="rows"/> rows; a model without a batch dimension has one.</summary>
    public QueuedInference(InferenceCall request, Tensor?[] inputs, int rows, ShapeSignature signature)
        : base(request, rows, signature) => Inputs = inputs;

    /// <summary>The inputs in the model's order; null where an optional one was left out.</summary>
    public Tensor?[] Inputs { get; }

    /// <summary>Whether its batch dimension is 0: it runs alone, as one row, for the shapes of its outputs.</summary>
    public bool HasNoElements { get; init; }

    /// <summary>Rows that waited when it was queued.</summary>
    public long RowsAhead { get; set; }

    /// <summary>Batches that ran when it was queued.</summary>
    public int RunsUnderWay { get; set; }

    /// <summary>Its span in a trace; null where nobody traces.</summary>
    public System.Diagnostics.Activity? Activity { get; set; }

    /// <summary>
    /// Told of the answer before the caller can see it, so that statistics are never behind an answer.
    /// </summary>
    public Action<QueuedInference, InferenceAnswer>? OnAnswer { get; set; }

    /// <summary>Outputs being put together from several batches; null where one batch takes all rows.</summary>
    public JoinedOutputs? Joined { get; set; }

    /// <summary>Whether it has been answered, cancelled or refused.</summary>
    public bool IsCompleted => Volatile.Read(ref _completed) != 0;

    /// <summary>The awaitable; to be awaited once.</summary>
    public ValueTask<InferenceAnswer> Answer => new(this, _answer.Version);

    /// <summary>Calls <paramref name="onCancelled"/> once if the token is cancelled before the answer.</summary>
    public void CancelWith(Action<QueuedInference> onCancelled, CancellationToken token)
    {
        _onCancelled = onCancelled;
        _cancellation = token.UnsafeRegister(static request => ((QueuedInference)request!).OnCancelled(), this);
        // The answer may have come while this registered: nobody else would unregister then.
        if (IsCompleted)
        {
            _cancellation.Unregister();
        }
    }

    /// <summary>Gives the answer, unless there is one already; a late answer is disposed.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="inline">
    /// Continue the waiter on this thread: saves a thread hop when nothing else waits for it. Waiters on a scheduler of
    /// their own (grains) are posted there all the same.
    /// </param>
    /// <returns>Whether this was the first answer.</returns>
    public bool TryComplete(InferenceAnswer response, bool inline = false)
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
    public bool TryFail(InferenceError error, string message) =>
        TryComplete(InferenceAnswer.Failure(Request, error, message));

    /// <summary>Says that one more run reads the inputs.</summary>
    public void AddReader() => Interlocked.Increment(ref _readers);

    /// <summary>Says that the queue or a run is done with the inputs; the last one releases them.</summary>
    public void ReleaseReader()
    {
        if (Interlocked.Decrement(ref _readers) == 0)
        {
            Request.Dispose();
        }
    }

    InferenceAnswer IValueTaskSource<InferenceAnswer>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<InferenceAnswer>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<InferenceAnswer>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags
    ) => _answer.OnCompleted(continuation, state, token, flags);

    private void OnCancelled() => _onCancelled!(this);
}
