using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansInference.Gateway.Tests.Hosting;

/// <summary>
/// A random tensor of a datatype, and its form in JSON by the framework's own formatting, not the gateway's.
/// </summary>
internal sealed record Sample(string Name, TensorDatatype Datatype, long[] Shape, byte[] Bytes)
{
    private static readonly string[] Texts = ["", "a", "héllo", "日本", "\"quoted\"\\", "line\nbreak\u0001", "🙂"];

    public string WireName => Datatype.WireName();

    public int Elements => (int)Shape.Aggregate(1L, (product, dimension) => product * dimension);

    public string ShapeJson => JsonSerializer.Serialize(Shape);

    /// <summary>A sample with a random shape of rank 0 to 4, sometimes with a zero dimension.</summary>
    public static Sample Create(Random random, TensorDatatype datatype, string name = "x")
    {
        long[] shape = new long[random.Next(5)];
        for (int i = 0; i < shape.Length; i++)
        {
            shape[i] = random.Next(12) == 0 ? 0 : random.Next(1, 6);
        }
        int elements = (int)shape.Aggregate(1L, (product, dimension) => product * dimension);
        return new Sample(name, datatype, shape, Contents(random, datatype, elements));
    }

    /// <summary>The elements as JSON, nested by the shape or flat.</summary>
    public string DataJson(bool nested)
    {
        string[] elements = [.. ElementsJson()];
        if (!nested || Shape.Length < 2 || elements.Length == 0)
        {
            return $"[{string.Join(',', elements)}]";
        }
        IEnumerable<string> level = elements;
        for (int axis = Shape.Length - 1; axis >= 0; axis--)
        {
            level = [.. level.Chunk((int)Shape[axis]).Select(row => $"[{string.Join(", ", row)}]")];
        }
        return level.Single();
    }

    /// <summary>The bytes of JSON data that the gateway wrote.</summary>
    public static byte[] FromJson(TensorDatatype datatype, JsonElement data) =>
        [.. data.EnumerateArray().SelectMany(element => FromJson(datatype, element, datatype.ElementSize()))];

    private static byte[] FromJson(TensorDatatype datatype, JsonElement element, int size)
    {
        byte[] bytes = new byte[8];
        switch (datatype)
        {
            case TensorDatatype.Bool:
                return [element.GetBoolean() ? (byte)1 : (byte)0];
            case TensorDatatype.Fp32:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, Real(element));
                break;
            case TensorDatatype.Fp64:
                BinaryPrimitives.WriteDoubleLittleEndian(
                    bytes,
                    element.ValueKind == JsonValueKind.String
                        ? double.Parse(element.GetString()!, CultureInfo.InvariantCulture)
                        : element.GetDouble()
                );
                break;
            case TensorDatatype.Fp16:
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)Real(element));
                break;
            case TensorDatatype.Bf16:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, Real(element));
                return bytes[2..4];
            case TensorDatatype.UInt64:
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, element.GetUInt64());
                break;
            case TensorDatatype.Bytes:
                byte[] text = Encoding.UTF8.GetBytes(element.GetString()!);
                return [.. BitConverter.GetBytes((uint)text.Length), .. text];
            default:
                BinaryPrimitives.WriteInt64LittleEndian(bytes, element.GetInt64());
                break;
        }

        return bytes[..size];
    }

    private static float Real(JsonElement element) =>
        element.ValueKind == JsonValueKind.String
            ? float.Parse(element.GetString()!, CultureInfo.InvariantCulture)
            : element.GetSingle();

    private static byte[] Contents(Random random, TensorDatatype datatype, int elements)
    {
        if (datatype == TensorDatatype.Bytes)
        {
            return
            [
                .. Enumerable
                    .Range(0, elements)
                    .Select(_ => Encoding.UTF8.GetBytes(Texts[random.Next(Texts.Length)]))
                    .SelectMany(text => (byte[])[.. BitConverter.GetBytes((uint)text.Length), .. text]),
            ];
        }

        byte[] bytes = new byte[elements * datatype.ElementSize()];
        random.NextBytes(bytes);
        if (datatype == TensorDatatype.Bool)
        {
            foreach (ref byte value in bytes.AsSpan())
            {
                value &= 1;
            }
        }
        if (datatype == TensorDatatype.Fp32)
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan()))
            {
                value = float.IsNaN(value) ? float.NaN : value;
            }
        }
        if (datatype == TensorDatatype.Fp64)
        {
            foreach (ref double value in MemoryMarshal.Cast<byte, double>(bytes.AsSpan()))
            {
                value = double.IsNaN(value) ? double.NaN : value;
            }
        }
        if (datatype is TensorDatatype.Fp16 or TensorDatatype.Bf16)
        {
            OneNaN(datatype, MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan()));
        }
        return bytes;
    }

    private IEnumerable<string> ElementsJson()
    {
        int offset = 0;
        for (int i = 0; i < Elements; i++)
        {
            ReadOnlySpan<byte> rest = Bytes.AsSpan(offset);
            int size = Datatype.ElementSize();
            if (Datatype == TensorDatatype.Bytes)
            {
                int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                offset += 4 + length;
                yield return JsonSerializer.Serialize(Encoding.UTF8.GetString(Bytes.AsSpan(offset - length, length)));
                continue;
            }

            offset += size;
            yield return Datatype switch
            {
                TensorDatatype.Bool => rest[0] == 1 ? "true" : "false",
                TensorDatatype.UInt8 => $"{rest[0]}",
                TensorDatatype.Int8 => $"{(sbyte)rest[0]}",
                TensorDatatype.UInt16 => $"{BinaryPrimitives.ReadUInt16LittleEndian(rest)}",
                TensorDatatype.Int16 => $"{BinaryPrimitives.ReadInt16LittleEndian(rest)}",
                TensorDatatype.UInt32 => $"{BinaryPrimitives.ReadUInt32LittleEndian(rest)}",
                TensorDatatype.Int32 => $"{BinaryPrimitives.ReadInt32LittleEndian(rest)}",
                TensorDatatype.UInt64 => $"{BinaryPrimitives.ReadUInt64LittleEndian(rest)}",
                TensorDatatype.Int64 => $"{BinaryPrimitives.ReadInt64LittleEndian(rest)}",
                TensorDatatype.Fp16 => Real(FromHalf(rest), FromHalf(rest).ToString("R", CultureInfo.InvariantCulture)),
                TensorDatatype.Bf16 => Real(Upper(rest), Upper(rest).ToString("R", CultureInfo.InvariantCulture)),
                TensorDatatype.Fp32 => Real(
                    BinaryPrimitives.ReadSingleLittleEndian(rest),
                    BinaryPrimitives.ReadSingleLittleEndian(rest).ToString("R", CultureInfo.InvariantCulture)
                ),
                _ => Real(
                    BinaryPrimitives.ReadDoubleLittleEndian(rest),
                    BinaryPrimitives.ReadDoubleLittleEndian(rest).ToString("R", CultureInfo.InvariantCulture)
                ),
            };
        }
    }

    private static float FromHalf(ReadOnlySpan<byte> bits) => (float)BinaryPrimitives.ReadHalfLittleEndian(bits);

    private static float Upper(ReadOnlySpan<byte> bits) =>
        BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bits) << 16);

    /// <summary>JSON has one NaN; its bits are .NET's.</summary>
    private static void OneNaN(TensorDatatype datatype, Span<ushort> bits)
    {
        (int infinity, ushort nan) =
            datatype == TensorDatatype.Fp16 ? (0x7c00, (ushort)0xfe00) : (0x7f80, (ushort)0xffc0);
        foreach (ref ushort value in bits)
        {
            if ((value & 0x7fff) > infinity)
            {
                value = nan;
            }
        }
    }

    private static string Real(double value, string text) =>
        double.IsNaN(value) ? "\"NaN\""
        : double.IsInfinity(value)
            ? value > 0 ? "\"Infinity\""
                : "\"-Infinity\""
        : text;
}
