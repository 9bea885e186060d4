using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansInference.Load.Http;

/// <summary>Builds the bytes of a whole HTTP/1.1 infer request with a binary tensor, once for all sends.</summary>
internal static class InferRequest
{
    public static byte[] Build(
        string host,
        string model,
        string input,
        string datatype,
        long[] shape,
        byte[] tensor,
        string[] outputs
    )
    {
        var json = Json(input, datatype, shape, tensor.Length, outputs);
        var head = Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/octet-stream\r\n"
                    + $"Inference-Header-Content-Length: {json.Length}\r\nContent-Length: "
                    + $"{json.Length + tensor.Length}\r\n\r\n"
            )
        );
        return [.. head, .. json, .. tensor];
    }

    private static byte[] Json(string input, string datatype, long[] shape, int bytes, string[] outputs)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteStartArray("inputs");
        writer.WriteStartObject();
        writer.WriteString("name", input);
        writer.WriteString("datatype", datatype);
        writer.WriteStartArray("shape");
        foreach (var dimension in shape)
        {
            writer.WriteNumberValue(dimension);
        }
        writer.WriteEndArray();
        writer.WriteStartObject("parameters");
        writer.WriteNumber("binary_data_size", bytes);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        WriteOutputs(writer, outputs);
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    private static void WriteOutputs(Utf8JsonWriter writer, string[] outputs)
    {
        if (outputs.Length == 0)
        {
            writer.WriteStartObject("parameters");
            writer.WriteBoolean("binary_data_output", true);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("outputs");
        foreach (var output in outputs)
        {
            writer.WriteStartObject();
            writer.WriteString("name", output);
            writer.WriteStartObject("parameters");
            writer.WriteBoolean("binary_data", true);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
