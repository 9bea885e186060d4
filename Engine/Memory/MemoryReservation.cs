namespace OrleansInference.Engine.Memory;

/// <summary>A share of a <see cref="MemoryBudget"/>; disposing gives it back.</summary>
public sealed class MemoryReservation : IDisposable
{
    private readonly Action _release;
    private int _released;

    internal MemoryReservation(long bytes, Action release)
    {
        Bytes = bytes;
        _release = release;
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            _release();
        }
    }
}
