using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// A request's body while it arrives: of exact size for a known length, doubling for an unknown one. Every byte of it
/// is counted before memory is rented for it.
/// </summary>
internal sealed class RequestBodyBuilder : IDisposable
{
    /// <summary>Tensors begin at a multiple of this many bytes.</summary>
    public const int Alignment = 8;

    private readonly BodyForm _form;
    private readonly int _limit;
    private readonly BytesInFlight? _bytesInFlight;
    private TensorBuffer? _buffer;
    private long _reserved;
    private int _length;

    /// <summary>Starts a body.</summary>
    /// <param name="form">What the body consists of.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="expected">Bytes to be ready for at first.</param>
    /// <param name="bytesInFlight">Where the bytes are counted; null to count them nowhere.</param>
    /// <exception cref="InferenceException">The server holds too many bytes already.</exception>
    public RequestBodyBuilder(BodyForm form, int limit, int expected, BytesInFlight? bytesInFlight)
    {
        _form = form;
        _limit = limit;
        _bytesInFlight = bytesInFlight;
        expected = Math.Min(expected, limit);
        Reserve(expected);
        // The extra bytes are room to move the tensors behind the JSON to an aligned place.
        _buffer = TensorBuffer.Rent(expected + Alignment);
    }

    /// <summary>So that the first tensor is aligned behind the JSON.</summary>
    private int Padding => _form.IsJson ? 0 : -_form.HeaderLength & (Alignment - 1);

    /// <summary>The error for a body over the limit.</summary>
    public static InferenceException TooLarge(int limit) =>
        new(
            InferenceError.PayloadTooLarge,
            $"the request body is larger than {limit} bytes (Gateway:MaxRequestBodyBytes)"
        );

    /// <summary>Appends bytes.</summary>
    /// <exception cref="InferenceException">The body has become too large, or the server holds too many
    /// bytes.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _limit - _length)
        {
            throw TooLarge(_limit);
        }
        if (_length + bytes.Length > _reserved)
        {
            Grow(_length + bytes.Length);
        }
        Span<byte> target = _buffer!.Span;
        int head = _form.IsJson ? bytes.Length : Math.Clamp(_form.HeaderLength - _length, 0, bytes.Length);
        bytes[..head].CopyTo(target[_length..]);
        _length += head;
        if (head == bytes.Length)
        {
            return;
        }
        bytes[head..].CopyTo(target[(_length + Padding)..]);
        _length += bytes.Length - head;
    }

    /// <summary>The whole body, which takes over the memory and its count.</summary>
    /// <exception cref="InferenceException">It ended within the JSON header.</exception>
    public RequestBody Build()
    {
        int header = _form.IsJson ? _length : _form.HeaderLength;
        if (header > _length)
        {
            throw new InferenceException(
                InferenceError.InvalidArgument,
                $"{InferRequestJson.LengthHeader} is {header}, the request body has only {_length} bytes"
            );
        }

        RequestBody body = new(_buffer!, _reserved, header, header + Padding, _length - header);
        _buffer = null;
        _reserved = 0;
        return body;
    }

    /// <summary>Gives back what <see cref="Build"/> has not handed over.</summary>
    public void Dispose()
    {
        _buffer?.Dispose();
        if (_reserved > 0)
        {
            _bytesInFlight?.Remove(_reserved);
        }
        _buffer = null;
        _reserved = 0;
    }

    private void Grow(int needed)
    {
        int size = (int)Math.Min(_limit, Math.Max(needed, 2 * _reserved));
        Reserve(size - _reserved);
        TensorBuffer larger = TensorBuffer.Rent(size + Alignment);
        _buffer!.Span.CopyTo(larger.Span);
        _buffer.Dispose();
        _buffer = larger;
    }

    private void Reserve(long bytes)
    {
        _bytesInFlight?.Add(bytes);
        _reserved += bytes;
    }
}
