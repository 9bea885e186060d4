using System.Buffers;

namespace OrleansInference;

/// <summary>
/// Pooled memory shared by reference count: the tensors of one request, or the rows of one batch's output. The array
/// goes back to the pool with the last reference. A buffer that is never released is collected, it only misses the
/// pool.
/// </summary>
public sealed class TensorBuffer : IDisposable
{
    private byte[]? _array;
    private int _references = 1;

    private TensorBuffer(byte[] array, int length)
    {
        _array = array;
        Length = length;
    }

    /// <summary>Usable bytes; the pooled array may be longer.</summary>
    public int Length { get; }

    /// <summary>The bytes, uninitialised after <see cref="Rent"/>.</summary>
    /// <exception cref="ObjectDisposedException">The last reference was released.</exception>
    public Memory<byte> Memory => Array.AsMemory(0, Length);

    /// <inheritdoc cref="Memory"/>
    public Span<byte> Span => Array.AsSpan(0, Length);

    private byte[] Array => Volatile.Read(ref _array) ?? throw new ObjectDisposedException(nameof(TensorBuffer));

    /// <summary>Rents <paramref name="length"/> bytes with one reference, the caller's.</summary>
    public static TensorBuffer Rent(int length) => new(ArrayPool<byte>.Shared.Rent(Math.Max(length, 1)), length);

    /// <summary>Adds a reference, to be released by one more <see cref="Dispose"/>.</summary>
    public TensorBuffer AddReference()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _references) <= 0, this);
        Interlocked.Increment(ref _references);
        return this;
    }

    /// <summary>Releases one reference.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) != 0)
        {
            return;
        }
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
