using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Grains.Interfaces.Tensors;

/// <summary>
/// Writes a tensor's contents as a flat JSON array. NaN and infinities, which JSON lacks, come as the strings
/// <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>.
/// </summary>
public static class TensorJsonWriter
{
    /// <summary>Writes the array.</summary>
    /// <exception cref="InferenceException">The datatype has no JSON form.</exception>
    public static void Write(Utf8JsonWriter json, InferenceTensor tensor)
    {
        ReadOnlySpan<byte> data = tensor.Data.Span;
        json.WriteStartArray();
        switch (tensor.Datatype)
        {
            case TensorDatatype.Bool: foreach (byte value in data) json.WriteBooleanValue(value != 0); break;
            case TensorDatatype.UInt8: foreach (byte value in data) json.WriteNumberValue((uint)value); break;
            case TensorDatatype.Int8: foreach (sbyte value in MemoryMarshal.Cast<byte, sbyte>(data)) json.WriteNumberValue((int)value); break;
            case TensorDatatype.UInt16: foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(data)) json.WriteNumberValue((uint)value); break;
            case TensorDatatype.Int16: foreach (short value in MemoryMarshal.Cast<byte, short>(data)) json.WriteNumberValue((int)value); break;
            case TensorDatatype.UInt32: foreach (uint value in MemoryMarshal.Cast<byte, uint>(data)) json.WriteNumberValue(value); break;
            case TensorDatatype.Int32: foreach (int value in MemoryMarshal.Cast<byte, int>(data)) json.WriteNumberValue(value); break;
            case TensorDatatype.UInt64: foreach (ulong value in MemoryMarshal.Cast<byte, ulong>(data)) json.WriteNumberValue(value); break;
            case TensorDatatype.Int64: foreach (long value in MemoryMarshal.Cast<byte, long>(data)) json.WriteNumberValue(value); break;
            case TensorDatatype.Fp32: foreach (float value in MemoryMarshal.Cast<byte, float>(data)) Number(json, value); break;
            case TensorDatatype.Fp64: foreach (double value in MemoryMarshal.Cast<byte, double>(data)) Number(json, value); break;
            case TensorDatatype.Bytes: while (BytesElements.TryRead(ref data, out ReadOnlySpan<byte> element)) Text(json, element); break;
            default: throw new InferenceException(InferenceError.InvalidArgument, $"output '{tensor.Name}' of datatype {tensor.Datatype.WireName()} has no JSON form; ask for it with the parameter binary_data");
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else Special(json, value);
    }

    private static void Number(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else Special(json, value);
    }

    private static void Special(Utf8JsonWriter json, double value) =>
        json.WriteStringValue(double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> element)
    {
        if (System.Text.Unicode.Utf8.IsValid(element)) json.WriteStringValue(element);
        else json.WriteStringValue(System.Text.Encoding.UTF8.GetString(element));
    }
}
