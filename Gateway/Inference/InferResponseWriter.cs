using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// Writes the protocol's inference response: JSON, and behind it the outputs that were asked for in binary.
/// </summary>
internal static class InferResponseWriter
{
    /// <summary>
    /// An answer up to this size goes out in one piece; the server's own buffers need not hold more of a larger one.
    /// </summary>
    private const int Piece = 1 << 18;

    /// <summary>
    /// Writes the response (step 18), compressed where the client asks for it. A small one is sent by the server when
    /// the request ends, which comes next.
    /// </summary>
    /// <exception cref="InferenceException">An output has no JSON form; nothing has been written.</exception>
    public static ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceAnswer response)
    {
        JsonBuffer json = JsonBuffer.Rent();
        bool isSent = false;
        try
        {
            long binaryLength = WriteJson(json.Json, request, response, out bool binary);
            SetHeaders(context.Response, binary, json.Written.Length);
            string? encoding = AcceptedEncoding.Select(context.Request);
            if (encoding is not null || json.Written.Length + binaryLength > Piece)
            {
                isSent = true;
                return SendAsync(context, encoding, request, response, json, binaryLength);
            }

            context.Response.ContentLength = json.Written.Length + binaryLength;
            PipeWriter writer = context.Response.BodyWriter;
            writer.Write(json.Written.Span);
            foreach (Tensor output in response.Outputs)
            {
                if (request.IsBinary(output.Name))
                {
                    writer.Write(output.Data.Span);
                }
            }
            return ValueTask.CompletedTask;
        }
        finally
        {
            if (!isSent)
            {
                json.Return();
            }
        }
    }

    private static async ValueTask SendAsync(
        HttpContext context,
        string? encoding,
        ParsedInferRequest request,
        InferenceAnswer response,
        JsonBuffer json,
        long binaryLength
    )
    {
        try
        {
            if (encoding is not null)
            {
                await SendCompressedAsync(context, encoding, request, response, json.Written);
                return;
            }
            context.Response.ContentLength = json.Written.Length + binaryLength;
            PipeWriter writer = context.Response.BodyWriter;
            await AppendAsync(writer, json.Written);
            foreach (Tensor output in response.Outputs)
            {
                if (request.IsBinary(output.Name))
                {
                    await AppendAsync(writer, output.Data);
                }
            }
            await writer.FlushAsync();
        }
        finally
        {
            json.Return();
        }
    }

    private static async ValueTask AppendAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > Piece)
        {
            writer.Write(bytes[..Piece].Span);
            bytes = bytes[Piece..];
            FlushResult flushed = await writer.FlushAsync();
            if (flushed.IsCompleted)
            {
                return;
            }
        }

        writer.Write(bytes.Span);
    }

    private static async ValueTask SendCompressedAsync(
        HttpContext context,
        string encoding,
        ParsedInferRequest request,
        InferenceAnswer response,
        ReadOnlyMemory<byte> json
    )
    {
        using MemoryStream compressed = new();
        await using (
            Stream stream =
                encoding == "gzip"
                    ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
                    : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true)
        )
        {
            stream.Write(json.Span);
            foreach (Tensor output in response.Outputs)
            {
                if (request.IsBinary(output.Name))
                {
                    stream.Write(output.Data.Span);
                }
            }
        }

        context.Response.Headers.ContentEncoding = encoding;
        context.Response.ContentLength = compressed.Length;
        await context.Response.Body.WriteAsync(compressed.GetBuffer().AsMemory(0, (int)compressed.Length));
    }

    private static void SetHeaders(HttpResponse response, bool binary, int jsonLength)
    {
        if (!binary)
        {
            response.ContentType = "application/json";
            return;
        }

        response.ContentType = "application/octet-stream";
        response.Headers[InferRequestJson.LengthHeader] = jsonLength.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Returns the bytes of binary outputs that follow the JSON; there may be binary outputs of no bytes.
    /// </summary>
    private static long WriteJson(
        Utf8JsonWriter json,
        ParsedInferRequest request,
        InferenceAnswer response,
        out bool binary
    )
    {
        long binaryLength = 0;
        binary = false;
        json.WriteStartObject();
        json.WriteString("model_name"u8, response.ModelName);
        json.WriteString("model_version"u8, response.ModelVersion);
        if (request.Id is not null)
        {
            json.WriteString("id"u8, request.Id);
        }
        if (request.Parameters.SequenceId is { Length: > 0 } sequence)
        {
            WriteSequence(json, sequence, request.Parameters);
        }
        json.WriteStartArray("outputs"u8);
        foreach (Tensor output in response.Outputs)
        {
            bool isBinary = request.IsBinary(output.Name);
            WriteOutput(json, output, isBinary, request.Find(output.Name)?.Region);
            binary |= isBinary;
            if (isBinary)
            {
                binaryLength += output.ByteLength;
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return binaryLength;
    }

    private static void WriteSequence(Utf8JsonWriter json, string id, in RequestParameters parameters)
    {
        json.WriteStartObject("parameters"u8);
        if (ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            json.WriteNumber("sequence_id"u8, number);
        }
        else
        {
            json.WriteString("sequence_id"u8, id);
        }
        json.WriteBoolean("sequence_start"u8, parameters.SequenceStart);
        json.WriteBoolean("sequence_end"u8, parameters.SequenceEnd);
        json.WriteEndObject();
    }

    private static void WriteOutput(Utf8JsonWriter json, Tensor output, bool binary, SharedMemoryRange? region)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, output.Name);
        json.WriteString("datatype"u8, output.Datatype.WireName());
        json.WriteStartArray("shape"u8);
        foreach (long dimension in output.Shape)
        {
            json.WriteNumberValue(dimension);
        }
        json.WriteEndArray();
        if (region is not null)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteString("shared_memory_region"u8, region.Region);
            json.WriteNumber("shared_memory_byte_size"u8, output.ByteLength);
            if (region.Offset > 0)
            {
                json.WriteNumber("shared_memory_offset"u8, region.Offset);
            }
            json.WriteEndObject();
        }
        else if (binary)
        {
            json.WriteStartObject("parameters"u8);
            json.WriteNumber("binary_data_size"u8, output.ByteLength);
            json.WriteEndObject();
        }
        else
        {
            json.WritePropertyName("data"u8);
            TensorJsonWriter.Write(json, output);
        }

        json.WriteEndObject();
    }
}
