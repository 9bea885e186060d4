using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Http;

/// <summary>Writes the protocol's inference response: JSON, and behind it the outputs that were asked for in binary.</summary>
internal static class InferResponseWriter
{
    private const string HeaderLength = "Inference-Header-Content-Length";

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _spareBuffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _spareWriter;

    /// <summary>Writes and flushes the response; compressed where the client asks for it.</summary>
    /// <exception cref="InferenceException">An output has no JSON form; nothing has been written.</exception>
    public static async ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceResponse response)
    {
        int binaryLength = 0;
        bool binary = false;
        foreach (InferenceTensor output in response.Outputs)
        {
            if (!request.IsBinary(output.Name)) continue;
            binary = true;
            binaryLength += output.ByteLength;
        }

        string? encoding = AcceptedEncoding(context.Request);
        if (encoding is null)
        {
            WritePlain(context, request, response, binary, binaryLength);
            await context.Response.BodyWriter.FlushAsync();
            return;
        }

        using MemoryStream compressed = new();
        await using (Stream stream = encoding == "gzip" ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true) : new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            int length = WriteCompressed(stream, request, response);
            SetHeaders(context.Response, binary, length);
        }

        context.Response.Headers.ContentEncoding = encoding;
        context.Response.ContentLength = compressed.Length;
        await context.Response.Body.WriteAsync(compressed.GetBuffer().AsMemory(0, (int)compressed.Length));
    }

    private static void WritePlain(HttpContext context, ParsedInferRequest request, InferenceResponse response, bool binary, int binaryLength)
    {
        ReadOnlySpan<byte> json = Json(request, response);
        SetHeaders(context.Response, binary, json.Length);
        context.Response.ContentLength = json.Length + binaryLength;
        PipeWriter writer = context.Response.BodyWriter;
        writer.Write(json);
        foreach (InferenceTensor output in response.Outputs)
        {
            if (request.IsBinary(output.Name)) writer.Write(output.Data.Span);
        }
    }

    private static int WriteCompressed(Stream stream, ParsedInferRequest request, InferenceResponse response)
    {
        ReadOnlySpan<byte> json = Json(request, response);
        stream.Write(json);
        foreach (InferenceTensor output in response.Outputs)
        {
            if (request.IsBinary(output.Name)) stream.Write(output.Data.Span);
        }

        return json.Length;
    }

    private static void SetHeaders(HttpResponse response, bool binary, int jsonLength)
    {
        if (!binary)
        {
            response.ContentType = "application/json";
            return;
        }

        response.ContentType = "application/octet-stream";
        response.Headers[HeaderLength] = jsonLength.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The JSON part, valid until this thread writes the next one.</summary>
    private static ReadOnlySpan<byte> Json(ParsedInferRequest request, InferenceResponse response)
    {
        ArrayBufferWriter<byte> buffer = _spareBuffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        Utf8JsonWriter json = _spareWriter ??= new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("model_name"u8, response.ModelName);
        json.WriteString("model_version"u8, response.ModelVersion);
        if (request.Id is not null) json.WriteString("id"u8, request.Id);
        json.WriteStartArray("outputs"u8);
        foreach (InferenceTensor output in response.Outputs) WriteOutput(json, output, request.IsBinary(output.Name));
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        // A large answer must not keep its memory on this thread for good.
        if (buffer.Capacity > 1 << 20) _spareBuffer = null;
        return buffer.WrittenSpan;
    }

    private static void WriteOutput(Utf8JsonWriter json, InferenceTensor output, bool binary)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, output.Name);
        json.WriteString("datatype"u8, output.Datatype.WireName());
        json.WriteStartArray("shape"u8);
        foreach (long dimension in output.Shape) json.WriteNumberValue(dimension);
        json.WriteEndArray();
        if (binary)
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

    private static string? AcceptedEncoding(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding is not { Count: > 0 } accepted) return null;
        string text = accepted.ToString();
        if (text.Contains("gzip", StringComparison.OrdinalIgnoreCase)) return "gzip";
        return text.Contains("deflate", StringComparison.OrdinalIgnoreCase) ? "deflate" : null;
    }
}
