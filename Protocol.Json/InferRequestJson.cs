using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace OrleansInference.Protocol.Json;

/// <summary>Writes the JSON of an inference request in the HTTP form of KServe v2.</summary>
public static class InferRequestJson
{
    /// <summary>
    /// The header of the binary tensor extension. It says how many bytes of a body are JSON; the tensors follow them.
    /// </summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>Writes the JSON of a request.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="request">The request.</param>
    /// <param name="binary">
    /// Whether the tensors follow the JSON as they are, in the order of the inputs. Outputs are then asked for in
    /// binary too. Otherwise the tensors are in the JSON.
    /// </param>
    /// <exception cref="InferenceException">An input has no JSON form: <c>BYTES</c> that are not UTF-8.</exception>
    public static void Write(IBufferWriter<byte> target, InferenceRequest request, bool binary)
    {
        using Utf8JsonWriter json = new(target);
        json.WriteStartObject();
        if (request.Id.Length > 0)
        {
            json.WriteString("id", request.Id);
        }
        WriteParameters(json, request, binary);
        json.WriteStartArray("inputs");
        foreach (Tensor input in request.Inputs)
        {
            WriteInput(json, input, binary);
        }
        json.WriteEndArray();
        if (request.RequestedOutputs.Length > 0)
        {
            WriteOutputs(json, request.RequestedOutputs);
        }
        json.WriteEndObject();
    }

    private static void WriteParameters(Utf8JsonWriter json, InferenceRequest request, bool binary)
    {
        json.WriteStartObject("parameters");
        // Only where it is needed: a server without the extension may refuse a parameter that it does not know.
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

    private static void WriteInput(Utf8JsonWriter json, Tensor input, bool binary)
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

    private static void WriteOutputs(Utf8JsonWriter json, string[] names)
    {
        json.WriteStartArray("outputs");
        foreach (string name in names)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
