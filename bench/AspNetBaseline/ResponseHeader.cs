using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace OrleansInference.AspNetBaseline;

/// <summary>
/// The JSON part of an answer. It depends on the shapes alone when every output is binary and preallocated.
/// </summary>
internal sealed class ResponseHeader(ServedModel model)
{
    private readonly ArrayBufferWriter<byte> json = new(512);

    public ReadOnlySpan<byte> Json => json.WrittenSpan;

    /// <summary>Length of the JSON without an id, as text for the HTTP header.</summary>
    public string Length { get; private set; } = "";

    /// <summary>Bytes of the binary tensors that follow.</summary>
    public int TensorBytes { get; private set; }

    public bool IsConstant { get; private set; }

    public void Invalidate() => IsConstant = false;

    public void Build(RequestHeader request, RunResult result, bool preallocated)
    {
        json.ResetWrittenCount();
        TensorBytes = 0;
        IsConstant = preallocated;
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteString("model_name"u8, model.Name);
        writer.WriteStartArray("outputs"u8);
        for (var i = 0; i < request.Outputs.Length; i++)
        {
            WriteOutput(writer, model.Outputs[request.Outputs[i].Model], result[i], request.IsBinary(i));
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        Length = json.WrittenCount.ToString(CultureInfo.InvariantCulture);
    }

    private void WriteOutput(Utf8JsonWriter writer, ModelTensor output, OrtValue value, bool binary)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, output.Name);
        writer.WriteString("datatype"u8, output.Type.Name);
        writer.WriteStartArray("shape"u8);
        foreach (var dimension in value.GetTensorTypeAndShape().Shape)
        {
            writer.WriteNumberValue(dimension);
        }
        writer.WriteEndArray();
        if (binary)
        {
            var bytes = checked((int)value.GetTensorSizeInBytes());
            TensorBytes += bytes;
            writer.WriteStartObject("parameters"u8);
            writer.WriteNumber("binary_data_size"u8, bytes);
            writer.WriteEndObject();
        }
        else
        {
            IsConstant = false;
            writer.WriteStartArray("data"u8);
            WriteData(writer, output.Type.Element, value.GetTensorMutableRawData());
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteData(Utf8JsonWriter writer, TensorElementType type, ReadOnlySpan<byte> data)
    {
        switch (type)
        {
            case TensorElementType.Float:
                foreach (var number in MemoryMarshal.Cast<byte, float>(data))
                {
                    writer.WriteNumberValue(number);
                }
                break;
            case TensorElementType.Int32:
                foreach (var number in MemoryMarshal.Cast<byte, int>(data))
                {
                    writer.WriteNumberValue(number);
                }
                break;
            case TensorElementType.Int64:
                foreach (var number in MemoryMarshal.Cast<byte, long>(data))
                {
                    writer.WriteNumberValue(number);
                }
                break;
            default:
                throw new RequestFormatException("outputs of this datatype are served as binary only");
        }
    }
}
