using System.Runtime.InteropServices;

namespace OrleansInference.AspNetBaseline;

/// <summary>Native memory on a cache-line boundary that only grows; it is reused from request to request.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    public const int Alignment = 64;

    private byte* start;
    private int capacity;

    public nint Start => (nint)start;

    public Span<byte> Slice(int offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, capacity);
        return new Span<byte>(start + offset, length);
    }

    /// <summary>Makes room for <paramref name="bytes"/>; the old content is lost when it grows.</summary>
    public void Reserve(int bytes)
    {
        if (bytes <= capacity && start != null)
        {
            return;
        }
        NativeMemory.AlignedFree(start);
        start = null;
        capacity = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytes, 4096));
        start = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, Alignment);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(start);
        start = null;
        capacity = 0;
    }
}
