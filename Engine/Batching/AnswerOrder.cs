using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Engine.Batching;

/// <summary>
/// Gives the answers of a replica in the order in which its requests came (<c>preserve_ordering</c>): one that has run
/// waits for those before it. What is refused, cancelled or overdue is answered at once, and waits for nobody.
/// Thread-safe.
/// </summary>
internal sealed class AnswerOrder
{
    private readonly Lock _lock = new();
    private readonly Queue<QueuedInference> _line = new();
    private readonly Dictionary<QueuedInference, InferenceAnswer> _ready = [];
    private readonly Queue<(QueuedInference Request, InferenceAnswer Response)> _next = new();
    private bool _isGiving;

    /// <summary>Requests that are not answered yet.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _line.Count + _next.Count;
            }
        }
    }

    /// <summary>Puts a request in line, behind those that came before it.</summary>
    public void Add(QueuedInference request)
    {
        lock (_lock)
        {
            _line.Enqueue(request);
        }
    }

    /// <summary>Takes a request's answer over, to be given in its turn; a second one is disposed.</summary>
    public void Give(QueuedInference request, InferenceAnswer response)
    {
        lock (_lock)
        {
            if (!request.IsCompleted && _ready.TryAdd(request, response))
            {
                // Who records the answer looks at the inputs, which the run is done with.
                request.AddReader();
                GoOn();
                return;
            }
        }
        response.Dispose();
    }

    /// <summary>Says that a request of the line has been answered, be it by this or without it.</summary>
    public void Advance()
    {
        lock (_lock)
        {
            GoOn();
        }
    }

    /// <summary>Finds the requests whose answers still wait after their deadline.</summary>
    /// <param name="now">The replica's clock.</param>
    /// <param name="overdue">Gets them.</param>
    /// <returns>The earliest deadline of the others; <see cref="TimeSpan.MaxValue"/> without one.</returns>
    public TimeSpan FindOverdue(TimeSpan now, List<QueuedInference> overdue)
    {
        TimeSpan next = TimeSpan.MaxValue;
        lock (_lock)
        {
            foreach (QueuedInference request in _ready.Keys)
            {
                if (request.IsCompleted)
                {
                    continue;
                }
                if (request.DropAt <= now)
                {
                    overdue.Add(request);
                }
                else if (request.DropAt < next)
                {
                    next = request.DropAt;
                }
            }
        }
        return next;
    }

    private void GoOn()
    {
        while (_line.TryPeek(out QueuedInference? first))
        {
            bool isReady = _ready.Remove(first, out InferenceAnswer? response);
            if (isReady)
            {
                _next.Enqueue((first, response!));
            }
            else if (!first.IsCompleted)
            {
                break;
            }
            _line.Dequeue();
        }
        if (_next.Count == 0 || _isGiving)
        {
            return;
        }
        _isGiving = true;
        // Not here: what continues a caller must run under no lock, and keep no engine thread.
        ThreadPool.UnsafeQueueUserWorkItem(static order => order.GiveAll(), this, preferLocal: false);
    }

    /// <summary>One after the other on one thread: two that raced would leave in any order.</summary>
    private void GiveAll()
    {
        while (TryNext(out QueuedInference? request, out InferenceAnswer? response))
        {
            request.TryComplete(response, inline: true);
            request.ReleaseReader();
        }
    }

    private bool TryNext(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out QueuedInference? request,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out InferenceAnswer? response
    )
    {
        lock (_lock)
        {
            _isGiving = _next.TryDequeue(out (QueuedInference Request, InferenceAnswer Response) next);
            request = next.Request;
            response = next.Response;
            return _isGiving;
        }
    }
}
