using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Client.KServe;

/// <summary>A request in the protocol's HTTP form.</summary>
internal static class HttpInferRequest
{
    /// <summary>The header of the binary tensor extension.</summary>
    public const string JsonLength = "Inference-Header-Content-Length";

    /// <summary>The body: JSON, and with <paramref name="binary"/> the tensors behind it as they are.</summary>
    public static HttpContent Content(InferenceRequest request, bool binary)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            Write(writer, request, binary);
        }
        if (!binary)
        {
            ReadOnlyMemoryContent text = new(json.WrittenMemory);
            text.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return text;
        }

        TensorContent content = new(json.WrittenMemory, request.Inputs);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.Add(JsonLength, json.WrittenCount.ToString(CultureInfo.InvariantCulture));
        return content;
    }

    private static void Write(Utf8JsonWriter json, InferenceRequest request, bool binary)
    {
        json.WriteStartObject();
        if (request.Id.Length > 0)
        {
            json.WriteString("id", request.Id);
        }
        json.WriteStartObject("parameters");
        if (binary)
        {
            json.WriteBoolean("binary_data_output", true);
        }
        if (request.Priority > 0)
        {
            json.WriteNumber("priority", request.Priority);
        }
        if (request.Timeout > TimeSpan.Zero)
        {
            json.WriteNumber("timeout", (long)request.Timeout.TotalMicroseconds);
        }
        if (request.SloP99Ms > 0)
        {
            json.WriteNumber("slo_p99_ms", request.SloP99Ms);
        }
        if (request.SequenceId.Length > 0)
        {
            WriteSequence(json, request);
        }
        json.WriteEndObject();
        json.WriteStartArray("inputs");
        foreach (InferenceTensor input in request.Inputs)
        {
            WriteInput(json, input, binary);
        }
        json.WriteEndArray();
        if (request.RequestedOutputs.Length > 0)
        {
            json.WriteStartArray("outputs");
            foreach (string output in request.RequestedOutputs)
            {
                json.WriteStartObject();
                json.WriteString("name", output);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteSequence(Utf8JsonWriter json, InferenceRequest request)
    {
        // A decimal number is the protocol's usual correlation id; any other text is one too.
        if (ulong.TryParse(request.SequenceId, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            json.WriteNumber("sequence_id", number);
        }
        else
        {
            json.WriteString("sequence_id", request.SequenceId);
        }
        json.WriteBoolean("sequence_start", request.SequenceStart);
        json.WriteBoolean("sequence_end", request.SequenceEnd);
    }

    private static void WriteInput(Utf8JsonWriter json, InferenceTensor input, bool binary)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteString("datatype", input.Datatype.WireName());
        json.WriteStartArray("shape");
        foreach (long dimension in input.Shape)
        {
            json.WriteNumberValue(dimension);
        }
        json.WriteEndArray();
        if (binary)
        {
            json.WriteStartObject("parameters");
            json.WriteNumber("binary_data_size", input.ByteLength);
            json.WriteEndObject();
        }
        else
        {
            json.WritePropertyName("data");
            TensorJsonWriter.Write(json, input);
        }

        json.WriteEndObject();
    }

    /// <summary>JSON and tensors, written to the connection without putting them together first.</summary>
    private sealed class TensorContent(ReadOnlyMemory<byte> json, InferenceTensor[] tensors) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream,
            System.Net.TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            await stream.WriteAsync(json, cancellationToken).ConfigureAwait(false);
            foreach (InferenceTensor tensor in tensors)
            {
                await stream.WriteAsync(tensor.Data, cancellationToken).ConfigureAwait(false);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = json.Length + tensors.Sum(tensor => (long)tensor.ByteLength);
            return true;
        }
    }
}
