using System.Globalization;

namespace OrleansInference;

/// <summary>Numbers of datatype BF16, by their 16 bits: the upper half of an FP32.</summary>
public static class Bfloat16
{
    /// <summary>The low half of an FP32 that lies exactly between two of BF16.</summary>
    private const uint Tie = 0x8000;

    /// <summary>Significant digits of such an FP32, at most 104, and room to spare.</summary>
    private const int TieDigits = 128;

    /// <summary>The number as FP32, which is exact.</summary>
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>
    /// The nearest number, of two equally near the even one; out of range an infinity; NaN stays one.
    /// </summary>
    public static ushort FromSingle(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        // A NaN keeps a bit of its mantissa, without which it would be an infinity.
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>
    /// Reads decimal text (UTF-8, invariant), rounded once: to the nearest number, of two equally near the even one.
    /// False where it is no number; too large a one reads as an infinity.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ushort bits)
    {
        bits = 0;
        if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
        {
            return false;
        }
        uint single = BitConverter.SingleToUInt32Bits(value);
        bits = FromSingle(value);
        if (!float.IsFinite(value) || (single & 0xffff) != Tie)
        {
            return true;
        }
        // The text was rounded to a tie, on which side of it the text itself lies decides.
        int side = CompareMagnitude(text, value);
        if (side != 0)
        {
            bits = (ushort)((single >> 16) + (side > 0 ? 1u : 0u));
        }
        return true;
    }

    /// <summary>
    /// Whether the text's magnitude is below (−1), exactly (0) or above (1) that of <paramref name="tie"/>.
    /// </summary>
    private static int CompareMagnitude(ReadOnlySpan<byte> text, float tie)
    {
        Span<byte> exact = stackalloc byte[TieDigits + 16];
        ((double)tie).TryFormat(exact, out int length, $"E{TieDigits - 1}", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[TieDigits];
        Span<byte> tieDigits = stackalloc byte[TieDigits];
        int exponent = Normalize(text, digits, out bool more);
        int tieExponent = Normalize(exact[..length], tieDigits, out _);
        if (exponent != tieExponent)
        {
            return exponent.CompareTo(tieExponent);
        }
        int order = digits.SequenceCompareTo(tieDigits);
        if (order != 0)
        {
            return Math.Sign(order);
        }
        return more ? 1 : 0;
    }

    /// <summary>The significant digits, filled up with zeros, and the power of ten of the first.</summary>
    private static int Normalize(ReadOnlySpan<byte> text, Span<byte> digits, out bool more)
    {
        digits.Fill((byte)'0');
        more = false;
        int written = 0;
        int exponent = -1;
        bool fraction = false;
        for (int i = 0; i < text.Length; i++)
        {
            byte character = text[i];
            if (character is (byte)'e' or (byte)'E')
            {
                return exponent + int.Parse(text[(i + 1)..], NumberStyles.Integer, CultureInfo.InvariantCulture);
            }

            if (character == (byte)'.')
            {
                fraction = true;
            }
            if (!char.IsAsciiDigit((char)character))
            {
                continue;
            }
            if (written == 0 && character == (byte)'0')
            {
                if (fraction)
                {
                    exponent--;
                }
                continue;
            }

            if (!fraction)
            {
                exponent++;
            }
            if (written < digits.Length)
            {
                digits[written] = character;
            }
            else
            {
                more |= character != (byte)'0';
            }
            written++;
        }

        return exponent;
    }
}
