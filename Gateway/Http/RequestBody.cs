using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Http;

/// <summary>
/// A request's whole body in one pooled buffer, copied once from the connection. In a binary request the tensors begin
/// at a multiple of 8 bytes behind the JSON header, so that numbers are aligned.
/// </summary>
internal readonly struct RequestBody : IDisposable
{
    private const int Alignment = 8;

    private RequestBody(TensorBuffer buffer, int jsonLength, int dataStart, int dataLength)
    {
        Buffer = buffer;
        JsonLength = jsonLength;
        DataStart = dataStart;
        DataLength = dataLength;
    }

    /// <summary>The bytes; holds one reference.</summary>
    public TensorBuffer Buffer { get; }

    /// <summary>Length of the JSON at the buffer's start.</summary>
    public int JsonLength { get; }

    /// <summary>Where the binary tensors begin.</summary>
    public int DataStart { get; }

    /// <summary>Bytes of binary tensors.</summary>
    public int DataLength { get; }

    /// <summary>The JSON.</summary>
    public ReadOnlySpan<byte> Json => Buffer.Span[..JsonLength];

    /// <summary>Reads a body.</summary>
    /// <param name="request">The HTTP request.</param>
    /// <param name="headerLength">Bytes of JSON in front of binary tensors, or null for a JSON body.</param>
    /// <param name="limit">Most bytes, also after decompression.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="InferenceException">Too large, cut off, or compressed in a way that cannot be read.</exception>
    public static ValueTask<RequestBody> ReadAsync(HttpRequest request, int? headerLength, int limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit) throw TooLarge(limit);
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length == 0 || encoding == "identity") return ReadPlainAsync(request, headerLength, limit, cancellationToken);
        return encoding switch
        {
            "gzip" or "x-gzip" => ReadCompressedAsync(new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true), headerLength, limit, cancellationToken),
            "deflate" => ReadCompressedAsync(new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true), headerLength, limit, cancellationToken),
            _ => throw new InferenceException(InferenceError.InvalidArgument, $"Content-Encoding '{encoding}' is not supported; allowed: gzip, deflate, identity"),
        };
    }

    /// <inheritdoc />
    public void Dispose() => Buffer.Dispose();

    private static InferenceException TooLarge(int limit) => new(InferenceError.PayloadTooLarge, $"the request body is larger than {limit} bytes (Gateway:MaxRequestBodyBytes)");

    private static async ValueTask<RequestBody> ReadPlainAsync(HttpRequest request, int? headerLength, int limit, CancellationToken cancellationToken)
    {
        PipeReader reader = request.BodyReader;
        Filling filling = new(headerLength ?? -1, limit, request.ContentLength is { } known ? (int)known : 4096);
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(cancellationToken);
                foreach (ReadOnlyMemory<byte> segment in result.Buffer) filling.Add(segment.Span);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return filling.Finish();
            }
        }
        catch (BadHttpRequestException exception)
        {
            filling.Dispose();
            throw exception.StatusCode == 413 ? TooLarge(limit) : new InferenceException(InferenceError.InvalidArgument, $"the request body cannot be read: {exception.Message}");
        }
        catch
        {
            filling.Dispose();
            throw;
        }
    }

    private static async ValueTask<RequestBody> ReadCompressedAsync(Stream stream, int? headerLength, int limit, CancellationToken cancellationToken)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(1 << 16);
        Filling filling = new(headerLength ?? -1, limit, chunk.Length);
        try
        {
            await using (stream)
            {
                while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0) filling.Add(chunk.AsSpan(0, read));
            }

            return filling.Finish();
        }
        catch (InvalidDataException exception)
        {
            filling.Dispose();
            throw new InferenceException(InferenceError.InvalidArgument, $"the compressed request body is corrupt: {exception.Message}");
        }
        catch
        {
            filling.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>The buffer while it fills: exact for a known length, doubling for an unknown one.</summary>
    private sealed class Filling(int headerLength, int limit, int expected) : IDisposable
    {
        private TensorBuffer _buffer = TensorBuffer.Rent(expected + Alignment);
        private int _length;

        private int Padding => headerLength < 0 ? 0 : -headerLength & (Alignment - 1);

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > limit - _length) throw TooLarge(limit);
            if (_length + bytes.Length + Padding > _buffer.Length) Grow(_length + bytes.Length + Padding);
            int head = headerLength < 0 ? bytes.Length : Math.Clamp(headerLength - _length, 0, bytes.Length);
            bytes[..head].CopyTo(_buffer.Span[_length..]);
            _length += head;
            if (head == bytes.Length) return;
            bytes[head..].CopyTo(_buffer.Span[(_length + Padding)..]);
            _length += bytes.Length - head;
        }

        public RequestBody Finish()
        {
            if (headerLength < 0) return new RequestBody(_buffer, _length, _length, 0);
            if (headerLength > _length)
            {
                throw new InferenceException(InferenceError.InvalidArgument, $"Inference-Header-Content-Length is {headerLength}, the request body has only {_length} bytes");
            }

            return new RequestBody(_buffer, headerLength, headerLength + Padding, _length - headerLength);
        }

        public void Dispose() => _buffer.Dispose();

        private void Grow(int needed)
        {
            TensorBuffer larger = TensorBuffer.Rent((int)Math.Min((long)limit + Alignment, Math.Max(needed, 2L * _buffer.Length)));
            _buffer.Span.CopyTo(larger.Span);
            _buffer.Dispose();
            _buffer = larger;
        }
    }
}
