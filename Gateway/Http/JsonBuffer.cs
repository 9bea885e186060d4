using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansInference.Gateway.Http;

/// <summary>
/// JSON text in pooled memory, with its writer. One is kept for each thread. The text is complete before it is sent,
/// because an answer's length must be known before its first byte goes out.
/// </summary>
internal sealed class JsonBuffer : IBufferWriter<byte>
{
    private const int Smallest = 1024;

    /// <summary>A larger array goes back to the pool at once.</summary>
    private const int LargestKept = 1 << 14;

    [ThreadStatic]
    private static JsonBuffer? _spare;

    private byte[] _array = [];
    private int _written;

    private JsonBuffer() =>
        // Relaxed escaping is for JSON that is never put into a page of HTML, as here.
        Json = new Utf8JsonWriter(
            this,
            new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
        );

    /// <summary>Writes into this buffer; its bytes are there after <see cref="Utf8JsonWriter.Flush"/>.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>The text, valid until <see cref="Return"/>.</summary>
    public ReadOnlyMemory<byte> Written => _array.AsMemory(0, _written);

    /// <summary>Rents an empty buffer.</summary>
    public static JsonBuffer Rent()
    {
        JsonBuffer buffer = _spare ?? new JsonBuffer();
        _spare = null;
        return buffer;
    }

    /// <summary>Returns the buffer, on any thread.</summary>
    public void Return()
    {
        // The writer drops what a failed answer has left in it; only then is the memory behind it anybody else's.
        Json.Reset(this);
        _written = 0;
        if (_array.Length > LargestKept)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
        }

        _spare = this;
    }

    /// <inheritdoc />
    public void Advance(int count) => _written += count;

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = _written + Math.Max(sizeHint, 1);
        if (needed > _array.Length)
        {
            Grow(needed);
        }
        return _array.AsMemory(_written);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(
            (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(needed, Smallest), 2L * _array.Length))
        );
        _array.AsSpan(0, _written).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }
        _array = larger;
    }
}
