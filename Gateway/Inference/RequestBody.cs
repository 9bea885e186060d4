using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// A request's whole body in one pooled buffer, copied once from the connection. In a binary request the tensors begin
/// at a multiple of 8 bytes behind the JSON header, so that numbers are aligned.
/// </summary>
internal readonly struct RequestBody(TensorBuffer buffer, long reserved, int jsonLength, int dataStart, int dataLength)
    : IDisposable
{
    /// <summary>What a body of unknown length is read into at first; most are small.</summary>
    private const int Initial = 4096;

    private const int Chunk = 1 << 16;

    /// <summary>The bytes; holds one reference.</summary>
    public TensorBuffer Buffer { get; } = buffer;

    /// <summary>
    /// Bytes counted as in flight for it, which whoever read it counts out when the request has ended.
    /// </summary>
    public long Reserved { get; } = reserved;

    /// <summary>Length of the JSON at the buffer's start.</summary>
    public int JsonLength { get; } = jsonLength;

    /// <summary>Where the binary tensors begin.</summary>
    public int DataStart { get; } = dataStart;

    /// <summary>Bytes of binary tensors.</summary>
    public int DataLength { get; } = dataLength;

    /// <summary>The JSON.</summary>
    public ReadOnlySpan<byte> Json => Buffer.Span[..JsonLength];

    /// <summary>Reads a body that is counted nowhere.</summary>
    /// <inheritdoc cref="ReadAsync(HttpRequest, BodyForm, int, BytesInFlight?, CancellationToken)"/>
    public static ValueTask<RequestBody> ReadAsync(
        HttpRequest request,
        BodyForm form,
        int limit,
        CancellationToken cancellationToken
    ) => ReadAsync(request, form, limit, bytesInFlight: null, cancellationToken);

    /// <summary>Reads a body.</summary>
    /// <param name="request">The HTTP request.</param>
    /// <param name="form">What the body consists of.</param>
    /// <param name="limit">Most bytes, also after decompression.</param>
    /// <param name="bytesInFlight">Counts the bytes in.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="InferenceException">Too large, cut off, or compressed in a way that cannot be read.</exception>
    public static async ValueTask<RequestBody> ReadAsync(
        HttpRequest request,
        BodyForm form,
        int limit,
        BytesInFlight? bytesInFlight,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > limit)
        {
            throw RequestBodyBuilder.TooLarge(limit);
        }
        bool plain = IsPlain(request);
        int expected = plain ? (int)(request.ContentLength ?? Initial) : Chunk;
        using RequestBodyBuilder builder = new(form, limit, expected, bytesInFlight);
        try
        {
            if (plain)
            {
                await ReadPlainAsync(request.BodyReader, builder, cancellationToken);
            }
            else
            {
                await ReadCompressedAsync(request, builder, cancellationToken);
            }
            return builder.Build();
        }
        catch (BadHttpRequestException exception)
        {
            throw exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RequestBodyBuilder.TooLarge(limit)
                : Invalid($"the request body cannot be read: {exception.Message}", exception);
        }
        catch (InvalidDataException exception)
        {
            throw Invalid($"the compressed request body is corrupt: {exception.Message}", exception);
        }
    }

    /// <inheritdoc />
    public void Dispose() => Buffer.Dispose();

    private static bool IsPlain(HttpRequest request) =>
        request.Headers.ContentEncoding is not { Count: > 0 } encoding
        || encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask ReadPlainAsync(
        PipeReader reader,
        RequestBodyBuilder builder,
        CancellationToken cancellationToken
    )
    {
        ReadResult result;
        do
        {
            result = await reader.ReadAsync(cancellationToken);
            try
            {
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    builder.Add(segment.Span);
                }
            }
            finally
            {
                // Also behind what was refused: a read left open would end the connection before its answer is sent.
                reader.AdvanceTo(result.Buffer.End);
            }
        } while (!result.IsCompleted);
    }

    private static async ValueTask ReadCompressedAsync(
        HttpRequest request,
        RequestBodyBuilder builder,
        CancellationToken cancellationToken
    )
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            await using Stream stream = Decompress(request);
            while (await stream.ReadAsync(chunk, cancellationToken) is var read and > 0)
            {
                builder.Add(chunk.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static Stream Decompress(HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        return encoding.ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            _ => throw Invalid($"Content-Encoding '{encoding}' is not supported; allowed: gzip, deflate, identity"),
        };
    }

    private static InferenceException Invalid(string message, Exception? inner = null) =>
        new(InferenceError.InvalidArgument, message, inner);
}
