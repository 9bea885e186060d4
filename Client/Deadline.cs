namespace OrleansInference.Client;

/// <summary>
/// A request's deadline on the client's side. The server enforces it too; this one is for a server that does not
/// answer.
/// </summary>
internal sealed class Deadline : IDisposable
{
    /// <summary>Time beyond the deadline for the answer's way back.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest time that a timer can wait for. Only the server enforces a longer deadline.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource? _both;
    private readonly CancellationToken _caller;
    private readonly TimeSpan _timeout;

    /// <summary>Starts it.</summary>
    public Deadline(InferenceRequest request, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _timeout = request.Timeout;
        if (_timeout <= TimeSpan.Zero || _timeout > Longest)
        {
            return;
        }
        _deadline = new CancellationTokenSource(_timeout + Grace, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(caller, _deadline.Token);
    }

    /// <summary>Cancelled by the caller or by the deadline.</summary>
    public CancellationToken Token => _both?.Token ?? _caller;

    /// <summary>Whether the deadline cancelled the call, and not the caller.</summary>
    public bool HasPassed => _deadline is { IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    /// <summary>The error for a deadline that has passed.</summary>
    public InferenceException ToException() =>
        new(InferenceError.DeadlineExceeded, $"no answer within the deadline of {_timeout.TotalMilliseconds:F0} ms");

    /// <inheritdoc />
    public void Dispose()
    {
        _both?.Dispose();
        _deadline?.Dispose();
    }
}
