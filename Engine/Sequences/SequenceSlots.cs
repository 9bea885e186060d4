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
    private readonly SemaphoreSlim _free = new(count);
    private readonly Lock _lock = new();
    private int _count = count;

    /// <summary>Places too many, which sequences under way still hold.</summary>
    private int _owed;

    /// <summary>Places there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Places free now.</summary>
    public int Free => _free.CurrentCount;

    /// <summary>
    /// Changes the number of places. Those that are too many go as they become free: no sequence loses its own.
    /// </summary>
    /// <param name="places">How many there are from now on, ≥ 1.</param>
    public void Resize(int places)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        lock (_lock)
        {
            int more = places - _count;
            _count = places;
            int kept = Math.Clamp(more, 0, _owed);
            _owed -= kept;
            more -= kept;
            if (more > 0)
            {
                _free.Release(more);
            }
            for (; more < 0; more++)
            {
                _owed += _free.Wait(TimeSpan.Zero) ? 0 : 1;
            }
        }
    }

    /// <summary>
    /// Takes a place, waiting for one at most <paramref name="timeout"/>; null when none became free. Disposing gives
    /// it back.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async ValueTask<IDisposable?> TakeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        await _free.WaitAsync(timeout, cancellationToken).ConfigureAwait(false) ? new Slot(this) : null;

    private void GiveBack()
    {
        lock (_lock)
        {
            if (_owed > 0)
            {
                _owed--;
                return;
            }
            _free.Release();
        }
    }

    private sealed class Slot(SequenceSlots slots) : IDisposable
    {
        private int _given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _given, 1) == 0)
            {
                slots.GiveBack();
            }
        }
    }
}
