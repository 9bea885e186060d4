using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansInference;

/// <summary>Elements seen as their bytes, where they lie.</summary>
internal sealed class CastMemory<T> : MemoryManager<byte>
    where T : unmanaged
{
    private readonly Memory<T> _elements;

    // Only ever handed out for reading.
    private CastMemory(ReadOnlyMemory<T> elements) => _elements = MemoryMarshal.AsMemory(elements);

    /// <summary>The bytes.</summary>
    public static ReadOnlyMemory<byte> ToBytes(ReadOnlyMemory<T> elements) =>
        elements is ReadOnlyMemory<byte> bytes ? bytes : new CastMemory<T>(elements).Memory;

    /// <inheritdoc />
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(_elements.Span);

    /// <inheritdoc />
    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elementIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementIndex, _elements.Length * sizeof(T));
        MemoryHandle handle = _elements.Pin();
        return new MemoryHandle((byte*)handle.Pointer + elementIndex, default, new Pinned(handle));
    }

    /// <summary>Nothing: the handle of <see cref="Pin"/> lets go.</summary>
    public override void Unpin() { }

    /// <inheritdoc />
    protected override void Dispose(bool disposing) { }

    private sealed class Pinned(MemoryHandle handle) : IPinnable
    {
        public MemoryHandle Pin(int elementIndex) => throw new InvalidOperationException("It is pinned already.");

        public void Unpin() => handle.Dispose();
    }
}
