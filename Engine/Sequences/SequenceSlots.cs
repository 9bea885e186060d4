namespace OrleansInference.Engine.Sequences;

/// <summary>Places for sequences under way; who finds none waits in the order of arrival.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design",
    "CA1001",
    Justification = "The semaphore has no wait handle to dispose of, and outlives its model while a sequence "
        + "holds a place."
)]
public sealed class SequenceSlots(int count)
{
    private readonly SemaphoreSlim _free = new(count, count);

    /// <summary>Places there are.</summary>
    public int Count => count;

    /// <summary>Places free now.</summary>
    public int Free => _free.CurrentCount;

    /// <summary>
    /// Takes a place, waiting for one at most <paramref name="timeout"/>; null when none became free. Disposing gives
    /// it back.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async ValueTask<IDisposable?> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        await _free.WaitAsync(timeout, cancellationToken).ConfigureAwait(false) ? new Slot(_free) : null;

    private sealed class Slot(SemaphoreSlim free) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                free.Release();
            }
        }
    }
}
