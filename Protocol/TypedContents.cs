using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace OrleansInference.Protocol;

/// <summary>Tensor contents that a message has as typed fields, in the layout that raw contents have.</summary>
public static class TypedContents
{
    /// <summary>
    /// Reads the contents; false and what is wrong where the datatype has no typed field, or an element is no value of
    /// it.
    /// </summary>
    public static bool TryRead(InferTensorContents contents, string datatype, out byte[] raw, out string problem)
    {
        problem = "";
        try
        {
            raw = Read(contents, datatype);
            return true;
        }
        catch (OverflowException exception)
        {
            raw = [];
            problem = $"has {exception.Message}";
        }
        catch (NotSupportedException)
        {
            raw = [];
            problem = $"of datatype {datatype} has no typed contents; send it in raw_input_contents";
        }

        return false;
    }

    private static byte[] Read(InferTensorContents contents, string datatype) =>
        datatype switch
        {
            "BOOL" => Convert(contents.BoolContents, value => value ? (byte)1 : (byte)0),
            "INT8" => Convert(
                contents.IntContents,
                value => (sbyte)InRange(value, sbyte.MinValue, sbyte.MaxValue, datatype)
            ),
            "INT16" => Convert(
                contents.IntContents,
                value => (short)InRange(value, short.MinValue, short.MaxValue, datatype)
            ),
            "INT32" => Convert(contents.IntContents, value => value),
            "INT64" => Convert(contents.Int64Contents, value => value),
            "UINT8" => Convert(contents.UintContents, value => (byte)InRange(value, 0, byte.MaxValue, datatype)),
            "UINT16" => Convert(contents.UintContents, value => (ushort)InRange(value, 0, ushort.MaxValue, datatype)),
            "UINT32" => Convert(contents.UintContents, value => value),
            "UINT64" => Convert(contents.Uint64Contents, value => value),
            "FP32" => Convert(contents.Fp32Contents, value => value),
            "FP64" => Convert(contents.Fp64Contents, value => value),
            "BYTES" => Bytes(contents.BytesContents),
            _ => throw new NotSupportedException(),
        };

    private static long InRange(long value, long low, long high, string datatype) =>
        value >= low && value <= high
            ? value
            : throw new OverflowException($"the element {value}, which is no {datatype}");

    private static byte[] Convert<TFrom, TTo>(RepeatedField<TFrom> values, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        byte[] bytes = new byte[values.Count * Unsafe.SizeOf<TTo>()];
        Span<TTo> target = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = convert(values[i]);
        }
        return bytes;
    }

    private static byte[] Bytes(RepeatedField<ByteString> values)
    {
        byte[] bytes = new byte[values.Sum(value => value.Length + sizeof(uint))];
        Span<byte> rest = bytes;
        foreach (ByteString value in values)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)value.Length);
            value.Span.CopyTo(rest[sizeof(uint)..]);
            rest = rest[(sizeof(uint) + value.Length)..];
        }

        return bytes;
    }
}
