using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansInference.Jobs.Formats;

/// <summary>
/// Converts tensor elements to and from text. Numbers are as invariant .NET writes them, which read back as the same
/// bits.
/// </summary>
internal static class TextElements
{
    /// <summary>
    /// Appends the element that <paramref name="text"/> (UTF-8) stands for. Returns false if the datatype has no such
    /// element.
    /// </summary>
    public static bool TryAppend(TensorDatatype datatype, ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target) =>
        datatype switch
        {
            TensorDatatype.Bool => Boolean(text, target),
            TensorDatatype.UInt8 => Number<byte>(text, target, NumberStyles.Integer),
            TensorDatatype.UInt16 => Number<ushort>(text, target, NumberStyles.Integer),
            TensorDatatype.UInt32 => Number<uint>(text, target, NumberStyles.Integer),
            TensorDatatype.UInt64 => Number<ulong>(text, target, NumberStyles.Integer),
            TensorDatatype.Int8 => Number<sbyte>(text, target, NumberStyles.Integer),
            TensorDatatype.Int16 => Number<short>(text, target, NumberStyles.Integer),
            TensorDatatype.Int32 => Number<int>(text, target, NumberStyles.Integer),
            TensorDatatype.Int64 => Number<long>(text, target, NumberStyles.Integer),
            TensorDatatype.Fp16 => Number<Half>(text, target, NumberStyles.Float),
            TensorDatatype.Fp32 => Number<float>(text, target, NumberStyles.Float),
            TensorDatatype.Fp64 => Number<double>(text, target, NumberStyles.Float),
            TensorDatatype.Bytes => Text(text, target),
            TensorDatatype.Bf16 => Bfloat(text, target),
            _ => false,
        };

    /// <summary>Writes an element as text; one of <c>BYTES</c> as it is.</summary>
    public static void Format(TensorDatatype datatype, ReadOnlySpan<byte> element, IBufferWriter<byte> target)
    {
        switch (datatype)
        {
            case TensorDatatype.Bool:
                target.Write(element[0] != 0 ? "true"u8 : "false"u8);
                break;
            case TensorDatatype.UInt8:
                Write(element[0], target);
                break;
            case TensorDatatype.Int8:
                Write((sbyte)element[0], target);
                break;
            case TensorDatatype.UInt16:
                Write(MemoryMarshal.Read<ushort>(element), target);
                break;
            case TensorDatatype.Int16:
                Write(MemoryMarshal.Read<short>(element), target);
                break;
            case TensorDatatype.UInt32:
                Write(MemoryMarshal.Read<uint>(element), target);
                break;
            case TensorDatatype.Int32:
                Write(MemoryMarshal.Read<int>(element), target);
                break;
            case TensorDatatype.UInt64:
                Write(MemoryMarshal.Read<ulong>(element), target);
                break;
            case TensorDatatype.Int64:
                Write(MemoryMarshal.Read<long>(element), target);
                break;
            case TensorDatatype.Fp16:
                Write(MemoryMarshal.Read<Half>(element), target);
                break;
            case TensorDatatype.Fp32:
                Write(MemoryMarshal.Read<float>(element), target);
                break;
            case TensorDatatype.Fp64:
                Write(MemoryMarshal.Read<double>(element), target);
                break;
            case TensorDatatype.Bf16:
                Write(Bfloat16.ToSingle(MemoryMarshal.Read<ushort>(element)), target);
                break;
            default:
                target.Write(element);
                break;
        }
    }

    private static void Write<T>(T value, IBufferWriter<byte> target)
        where T : IUtf8SpanFormattable
    {
        Span<byte> span = target.GetSpan(64);
        value.TryFormat(span, out int written, default, CultureInfo.InvariantCulture);
        target.Advance(written);
    }

    private static bool Number<T>(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target, NumberStyles style)
        where T : unmanaged, INumberBase<T> => TryParse(text, style, out T value) && Put(target, value);

    private static bool TryParse<T>(ReadOnlySpan<byte> text, NumberStyles style, out T value)
        where T : unmanaged, INumberBase<T> =>
        // A number too large parses as infinity, which only its name may ask for.
        T.TryParse(text, style, CultureInfo.InvariantCulture, out value) && (T.IsFinite(value) || IsName(text));

    private static bool Bfloat(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target) =>
        Bfloat16.TryParse(text, out ushort value)
        && (float.IsFinite(Bfloat16.ToSingle(value)) || IsName(text))
        && Put(target, value);

    /// <summary>Digits too large for the type parse as infinity, which only its name may ask for.</summary>
    private static bool IsName(ReadOnlySpan<byte> text) => !text.ContainsAnyInRange((byte)'0', (byte)'9');

    private static bool Put<T>(ArrayBufferWriter<byte> target, T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(target.GetSpan(Unsafe.SizeOf<T>()), in value);
        target.Advance(Unsafe.SizeOf<T>());
        return true;
    }

    private static bool Boolean(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        bool yes = text.SequenceEqual("1"u8) || Ascii.EqualsIgnoreCase(text, "true"u8);
        return (yes || text.SequenceEqual("0"u8) || Ascii.EqualsIgnoreCase(text, "false"u8))
            && Put(target, yes ? (byte)1 : (byte)0);
    }

    private static bool Text(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        target.Advance(BytesElements.Write(target.GetSpan(BytesElements.PrefixSize + text.Length), text));
        return true;
    }
}
