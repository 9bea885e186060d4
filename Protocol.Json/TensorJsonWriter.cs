using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansInference.Protocol.Json;

/// <summary>
/// Writes a tensor's contents as a flat JSON array. NaN and infinities, which JSON lacks, come as the strings
/// <c>"NaN"</c>, <c>"Infinity"</c> and <c>"-Infinity"</c>; FP16 and BF16 as the FP32 of the same value.
/// </summary>
public static class TensorJsonWriter
{
    /// <summary>Whether JSON can carry the contents: all but <c>BYTES</c> that are not UTF-8.</summary>
    public static bool CanWrite(Tensor tensor)
    {
        if (tensor.Datatype != TensorDatatype.Bytes)
        {
            return true;
        }
        ReadOnlySpan<byte> data = tensor.Data.Span;
        while (BytesElements.TryRead(ref data, out ReadOnlySpan<byte> element))
        {
            if (!Utf8.IsValid(element))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the array.</summary>
    /// <exception cref="InferenceException">
    /// A <c>BYTES</c> element is not UTF-8, the only text that JSON has; the message names the tensor.
    /// </exception>
    public static void Write(Utf8JsonWriter json, Tensor tensor)
    {
        ReadOnlySpan<byte> data = tensor.Data.Span;
        json.WriteStartArray();
        switch (tensor.Datatype)
        {
            case TensorDatatype.Bool:
                foreach (byte value in data)
                {
                    json.WriteBooleanValue(value != 0);
                }
                break;
            case TensorDatatype.UInt8:
                foreach (byte value in data)
                {
                    json.WriteNumberValue((uint)value);
                }
                break;
            case TensorDatatype.Int8:
                foreach (sbyte value in MemoryMarshal.Cast<byte, sbyte>(data))
                {
                    json.WriteNumberValue((int)value);
                }
                break;
            case TensorDatatype.UInt16:
                foreach (ushort value in MemoryMarshal.Cast<byte, ushort>(data))
                {
                    json.WriteNumberValue((uint)value);
                }
                break;
            case TensorDatatype.Int16:
                foreach (short value in MemoryMarshal.Cast<byte, short>(data))
                {
                    json.WriteNumberValue((int)value);
                }
                break;
            case TensorDatatype.UInt32:
                foreach (uint value in MemoryMarshal.Cast<byte, uint>(data))
                {
                    json.WriteNumberValue(value);
                }
                break;
            case TensorDatatype.Int32:
                foreach (int value in MemoryMarshal.Cast<byte, int>(data))
                {
                    json.WriteNumberValue(value);
                }
                break;
            case TensorDatatype.UInt64:
                foreach (ulong value in MemoryMarshal.Cast<byte, ulong>(data))
                {
                    json.WriteNumberValue(value);
                }
                break;
            case TensorDatatype.Int64:
                foreach (long value in MemoryMarshal.Cast<byte, long>(data))
                {
                    json.WriteNumberValue(value);
                }
                break;
            case TensorDatatype.Fp16:
                foreach (Half value in MemoryMarshal.Cast<byte, Half>(data))
                {
                    Number(json, (float)value);
                }
                break;
            case TensorDatatype.Bf16:
                foreach (ushort b in MemoryMarshal.Cast<byte, ushort>(data))
                {
                    Number(json, Bfloat16.ToSingle(b));
                }
                break;
            case TensorDatatype.Fp32:
                foreach (float value in MemoryMarshal.Cast<byte, float>(data))
                {
                    Number(json, value);
                }
                break;
            case TensorDatatype.Fp64:
                foreach (double value in MemoryMarshal.Cast<byte, double>(data))
                {
                    Number(json, value);
                }
                break;
            default:
                Texts(json, tensor.Name, data);
                break;
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            Special(json, value);
        }
    }

    private static void Number(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            Special(json, value);
        }
    }

    private static void Special(Utf8JsonWriter json, double value) =>
        json.WriteStringValue(
            double.IsNaN(value) ? "NaN"u8
            : value > 0 ? "Infinity"u8
            : "-Infinity"u8
        );

    private static void Texts(Utf8JsonWriter json, string name, ReadOnlySpan<byte> data)
    {
        for (long index = 0; BytesElements.TryRead(ref data, out ReadOnlySpan<byte> element); index++)
        {
            if (!Utf8.IsValid(element))
            {
                throw NoText(name, index);
            }
            json.WriteStringValue(element);
        }
    }

    private static InferenceException NoText(string name, long index) =>
        new(
            InferenceError.InvalidArgument,
            $"tensor '{name}' of datatype BYTES: element {index} is not UTF-8, the only text that JSON has; "
                + "use binary data (for an output its parameter binary_data, or the request's binary_data_output)"
        );
}
