using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace OrleansInference.Protocol.Json;

/// <summary>
/// Reads a tensor's JSON <c>data</c>, flat or nested as its shape, into pooled memory of its datatype.
/// </summary>
public static class TensorJsonReader
{
    /// <summary>How deep the arrays may nest.</summary>
    private static readonly JsonReaderOptions Depth = new() { MaxDepth = 100 };

    /// <summary>Reads the contents.</summary>
    /// <param name="name">The input, for messages.</param>
    /// <param name="datatype">Its datatype. Numbers of the floating point ones are rounded once, to the nearest, ties
    /// to even.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="elements">The product of the shape.</param>
    /// <param name="data">The JSON text of the data.</param>
    /// <exception cref="InferenceException">
    /// An element does not fit the datatype, there are more or fewer than the shape asks for, or they nest otherwise.
    /// </exception>
    public static Tensor Read(
        string name,
        TensorDatatype datatype,
        long[] shape,
        long elements,
        ReadOnlySpan<byte> data
    )
    {
        // Each element takes a character and a comma: a shape that claims more is refused before anything is rented for
        // it.
        if (elements > (data.Length / 2) + 1)
        {
            throw Invalid(
                $"input '{name}' has {data.Length} bytes of data, too few for the {elements} elements of "
                    + $"its shape {TensorShape.Format(shape)}"
            );
        }
        long bytes =
            datatype == TensorDatatype.Bytes
                ? data.Length + (elements * BytesElements.PrefixSize)
                : elements * datatype.ElementSize();
        if (bytes > Array.MaxLength)
        {
            throw new InferenceException(
                InferenceError.PayloadTooLarge,
                $"input '{name}' takes {bytes} bytes, a tensor may have {Array.MaxLength}"
            );
        }
        TensorBuffer buffer = TensorBuffer.Rent((int)bytes);
        try
        {
            int length = Fill(name, datatype, shape, elements, data, buffer.Span);
            return new Tensor(name, datatype, shape, buffer.Memory[..length], buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private static int Fill(
        string name,
        TensorDatatype datatype,
        long[] shape,
        long elements,
        ReadOnlySpan<byte> data,
        Span<byte> target
    )
    {
        Utf8JsonReader json = new(data, Depth);
        TensorJsonNesting nesting = new(shape, stackalloc long[shape.Length]);
        long count = 0;
        int offset = 0;
        while (json.Read())
        {
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.Null)
            {
                throw Element(ref json, name, datatype, count);
            }
            if (!nesting.Accepts(json.TokenType))
            {
                string found = TensorJsonNesting.Describe(data, Depth);
                string asked = TensorShape.Format(shape);
                const string Remedy = "nest it as its shape, or give one flat list";
                throw Invalid($"input '{name}' has data nested as {found}, its shape is {asked}; {Remedy}");
            }

            if (json.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
            {
                continue;
            }
            if (count == elements)
            {
                throw Invalid(
                    $"input '{name}' has more than the {elements} elements of its shape {TensorShape.Format(shape)}"
                );
            }
            offset += Write(ref json, name, datatype, count++, target[offset..]);
        }

        return count == elements
            ? offset
            : throw Invalid(
                $"input '{name}' has {count} elements, its shape {TensorShape.Format(shape)} asks for {elements}"
            );
    }

    private static int Write(
        ref Utf8JsonReader json,
        string name,
        TensorDatatype datatype,
        long index,
        Span<byte> target
    )
    {
        bool number = json.TokenType == JsonTokenType.Number;
        switch (datatype)
        {
            // Numbers too large parse as infinity, which only a string may ask for. Through double, FP32 would round
            // twice.
            case TensorDatatype.Fp32 when number && json.TryGetSingle(out float value) && float.IsFinite(value):
                return Put(target, value);
            case TensorDatatype.Fp32 when Special(ref json, out double value):
                return Put(target, (float)value);
            case TensorDatatype.Fp16 when number && TryHalf(json.ValueSpan, out Half value):
                return Put(target, value);
            case TensorDatatype.Fp16 when Special(ref json, out double value):
                return Put(target, (Half)value);
            case TensorDatatype.Bf16 when number && TryBfloat16(json.ValueSpan, out ushort value):
                return Put(target, value);
            case TensorDatatype.Bf16 when Special(ref json, out double value):
                return Put(target, Bfloat16.FromSingle((float)value));
            case TensorDatatype.Fp64 when number && json.TryGetDouble(out double value) && double.IsFinite(value):
                return Put(target, value);
            case TensorDatatype.Fp64 when Special(ref json, out double value):
                return Put(target, value);
            case TensorDatatype.Int64 when number && json.TryGetInt64(out long value):
                return Put(target, value);
            case TensorDatatype.UInt64 when number && json.TryGetUInt64(out ulong value):
                return Put(target, value);
            case TensorDatatype.Int32 when number && json.TryGetInt32(out int value):
                return Put(target, value);
            case TensorDatatype.UInt32 when number && json.TryGetUInt32(out uint value):
                return Put(target, value);
            case TensorDatatype.Int16 when number && json.TryGetInt16(out short value):
                return Put(target, value);
            case TensorDatatype.UInt16 when number && json.TryGetUInt16(out ushort value):
                return Put(target, value);
            case TensorDatatype.Int8 when number && json.TryGetSByte(out sbyte value):
                return Put(target, value);
            case TensorDatatype.UInt8 when number && json.TryGetByte(out byte value):
                return Put(target, value);
            case TensorDatatype.Bool when json.TokenType is JsonTokenType.True or JsonTokenType.False:
                return Put(target, json.GetBoolean() ? (byte)1 : (byte)0);
            case TensorDatatype.Bool when number && json.TryGetByte(out byte value) && value <= 1:
                return Put(target, value);
            case TensorDatatype.Bytes when json.TokenType == JsonTokenType.String:
                return Text(ref json, name, index, target);
            default:
                throw Element(ref json, name, datatype, index);
        }
    }

    private static bool TryHalf(ReadOnlySpan<byte> text, out Half value) =>
        Half.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && Half.IsFinite(value);

    private static bool TryBfloat16(ReadOnlySpan<byte> text, out ushort value) =>
        Bfloat16.TryParse(text, out value) && float.IsFinite(Bfloat16.ToSingle(value));

    /// <summary>JSON has no numbers for these; the writer gives them as strings, so they are read back.</summary>
    private static bool Special(ref Utf8JsonReader json, out double value)
    {
        value = 0;
        if (json.TokenType != JsonTokenType.String)
        {
            return false;
        }
        if (json.ValueTextEquals("NaN"u8))
        {
            value = double.NaN;
        }
        else if (json.ValueTextEquals("Infinity"u8))
        {
            value = double.PositiveInfinity;
        }
        else if (json.ValueTextEquals("-Infinity"u8))
        {
            value = double.NegativeInfinity;
        }
        else
        {
            return false;
        }
        return true;
    }

    private static int Put<T>(Span<byte> target, T value)
        where T : unmanaged, INumber<T>
    {
        MemoryMarshal.Write(target, in value);
        return Unsafe.SizeOf<T>();
    }

    private static int Text(ref Utf8JsonReader json, string name, long index, Span<byte> target)
    {
        try
        {
            int length = json.CopyString(target[BytesElements.PrefixSize..]);
            MemoryMarshal.Write(target, (uint)length);
            return BytesElements.PrefixSize + length;
        }
        catch (InvalidOperationException exception)
        {
            // The reader's way to say that a text is broken, which it finds only where it is used.
            string wrong = $"element {index} is not valid UTF-8 text ({exception.Message})";
            throw Invalid($"input '{name}': {wrong}; send other bytes as binary data");
        }
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);

    private static InferenceException Element(ref Utf8JsonReader json, string name, TensorDatatype datatype, long index)
    {
        string found = json.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.String => "the text " + Shorten(json.ValueSpan, '"'),
            _ => Shorten(json.ValueSpan, null),
        };
        return Invalid(
            $"input '{name}': element {index} is no {datatype.WireName()} but {found}; allowed: {Allowed(datatype)}"
        );
    }

    private static string Shorten(ReadOnlySpan<byte> text, char? quote)
    {
        const int Shown = 40;
        string cut = Encoding.UTF8.GetString(text[..Math.Min(Shown, text.Length)]);
        return $"{quote}{cut}{(text.Length > Shown ? "…" : "")}{quote}";
    }

    private static string Allowed(TensorDatatype datatype) =>
        datatype switch
        {
            TensorDatatype.Bool => "true, false, 0 and 1",
            TensorDatatype.Bytes => "texts",
            TensorDatatype.Int8 => Whole<sbyte>(),
            TensorDatatype.Int16 => Whole<short>(),
            TensorDatatype.Int32 => Whole<int>(),
            TensorDatatype.Int64 => Whole<long>(),
            TensorDatatype.UInt8 => Whole<byte>(),
            TensorDatatype.UInt16 => Whole<ushort>(),
            TensorDatatype.UInt32 => Whole<uint>(),
            TensorDatatype.UInt64 => Whole<ulong>(),
            TensorDatatype.Fp16 => Real((float)Half.MaxValue),
            TensorDatatype.Bf16 => Real(Bfloat16.ToSingle(0x7f7f)),
            TensorDatatype.Fp32 => Real(float.MaxValue),
            _ => Real(double.MaxValue),
        };

    private static string Whole<T>()
        where T : IMinMaxValue<T> =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"whole numbers from {T.MinValue} to {T.MaxValue}, without a fraction"
        );

    private static string Real<T>(T largest)
        where T : INumber<T> =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"numbers up to {largest}, and the texts \"NaN\", \"Infinity\" and \"-Infinity\""
        );
}
