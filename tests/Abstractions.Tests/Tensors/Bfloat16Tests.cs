using System.Globalization;
using System.Numerics;
using System.Text;

namespace OrleansInference.Abstractions.Tests.Tensors;

public sealed class Bfloat16Tests
{
    [Theory]
    [InlineData("0", 0x0000)]
    [InlineData("-0", 0x8000)]
    [InlineData("1", 0x3f80)]
    [InlineData("-2.5e0", 0xc020)]
    [InlineData("3.3895314e38", 0x7f7f)]
    [InlineData("3.4e38", 0x7f80)]
    [InlineData("1e39", 0x7f80)]
    [InlineData("9.2e-41", 0x0001)]
    [InlineData("1e-60", 0x0000)]
    public void TryParse_ANumber_IsTheNearest(string text, int expected)
    {
        Assert.True(Bfloat16.TryParse(Encoding.UTF8.GetBytes(text), out ushort bits));
        Assert.Equal(expected, bits);
    }

    /// <summary>
    /// 1.00390625 lies between 1 and 1.0078125: on it the even one counts, a hair beside it the side.
    /// </summary>
    [Theory]
    [InlineData("1.00390625", 0x3f80)]
    [InlineData("1.00390625000000000000000000000000000000000000001", 0x3f81)]
    [InlineData("1.00390624999999999999999999999999999999999999999", 0x3f80)]
    [InlineData("-1.01171874999999999999999999999999999999999999999", 0xbf81)]
    [InlineData("1.01171875", 0x3f82)]
    [InlineData("100390625000000000000000000000000000000000001e-44", 0x3f81)]
    public void TryParse_BesideATie_IsRoundedOnce(string text, int expected)
    {
        Assert.True(Bfloat16.TryParse(Encoding.UTF8.GetBytes(text), out ushort bits));
        Assert.Equal(expected, bits);
    }

    /// <summary>Against whole numbers: every tie, in exact decimal digits, and a hair above and below it.</summary>
    [Fact]
    public void TryParse_EveryTie_IsRoundedToTheSideOfTheText()
    {
        for (int lower = 0; lower < 0x7f7f; lower += 7)
        {
            string tie = Exact(((uint)lower << 16) | 0x8000);
            int even = (lower & 1) == 0 ? lower : lower + 1;

            Assert.Equal(even, Parse(tie));
            Assert.Equal(lower + 1, Parse(tie + "00000000001"));
            Assert.Equal(lower, Parse(Below(tie)));
            Assert.Equal(lower | 0x8000, Parse("-" + Below(tie)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("one")]
    [InlineData("1.2.3")]
    public void TryParse_NoNumber_IsFalse(string text) =>
        Assert.False(Bfloat16.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void FromSingle_EveryNumber_ReadsBackAsItself()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            float value = Bfloat16.ToSingle((ushort)bits);
            ushort back = Bfloat16.FromSingle(value);
            if (float.IsNaN(value))
            {
                Assert.True(float.IsNaN(Bfloat16.ToSingle(back)));
            }
            else
            {
                Assert.Equal(bits, back);
            }
        }
    }

    private static int Parse(string text) =>
        Bfloat16.TryParse(Encoding.UTF8.GetBytes(text), out ushort bits) ? bits : throw new FormatException(text);

    /// <summary>An FP32 in all its decimal digits, as an integer over a power of ten.</summary>
    private static string Exact(uint single)
    {
        BigInteger mantissa = (single & 0x7fffff) | (single >> 23 == 0 ? 0u : 0x800000);
        int exponent = Math.Max(1, (int)(single >> 23)) - 150;
        if (exponent >= 0)
        {
            return (mantissa << exponent).ToString(CultureInfo.InvariantCulture) + ".";
        }
        string digits = (mantissa * BigInteger.Pow(5, -exponent))
            .ToString(CultureInfo.InvariantCulture)
            .PadLeft(1 - exponent, '0');
        return digits.Insert(digits.Length + exponent, ".");
    }

    /// <summary>A little less: the last digit that is not 0 made smaller, and digits behind it.</summary>
    private static string Below(string text)
    {
        int last = text.LastIndexOfAny(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
        string tail = text[(last + 1)..].Replace('0', '9');
        string decimals = text.Contains('.', StringComparison.Ordinal) ? "99999999" : ".99999999";
        return $"{text[..last]}{(char)(text[last] - 1)}{tail}{decimals}";
    }
}
