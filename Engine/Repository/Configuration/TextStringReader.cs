using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Reads quoted strings: adjacent ones are one value, and escapes stand for bytes.</summary>
internal sealed class TextStringReader(TextSource source, TextLexer lexer)
{
    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    /// <exception cref="ModelConfigException">What follows is not a string, or not UTF-8 once its escapes are
    /// bytes.</exception>
    public string ReadString(FieldDescriptor field)
    {
        int offset = lexer.Peek.Offset;
        try
        {
            return StrictUtf8.GetString(Read(field));
        }
        catch (DecoderFallbackException)
        {
            throw source.Error(offset, $"the escapes in '{field.Name}' do not make UTF-8");
        }
    }

    /// <exception cref="ModelConfigException">What follows is not a string.</exception>
    public ByteString ReadBytes(FieldDescriptor field) => ByteString.CopyFrom(Read(field));

    private byte[] Read(FieldDescriptor field)
    {
        if (lexer.Peek.Kind != TextTokenKind.String)
        {
            throw source.Error(lexer.Peek.Offset, $"'{field.Name}' is a string in quotes, found {lexer.Peek}");
        }
        using MemoryStream bytes = new();
        while (lexer.Peek.Kind == TextTokenKind.String)
        {
            Unescape(lexer.Next(), bytes);
        }
        return bytes.ToArray();
    }

    private void Unescape(TextToken token, MemoryStream bytes)
    {
        ReadOnlySpan<char> rest = token.Text;
        while (true)
        {
            int backslash = rest.IndexOf('\\');
            bytes.Write(StrictUtf8.GetBytes(rest[..(backslash < 0 ? rest.Length : backslash)].ToString()));
            if (backslash < 0)
            {
                return;
            }
            rest = rest[backslash..];
            int offset = token.Offset + 1 + token.Text.Length - rest.Length;
            rest = rest[Escape(rest, offset, bytes)..];
        }
    }

    /// <summary>
    /// Writes what the escape at the start of <paramref name="text"/> stands for; returns its length.
    /// </summary>
    private int Escape(ReadOnlySpan<char> text, int offset, MemoryStream bytes)
    {
        char kind = text.Length > 1 ? text[1] : '\0';
        int plain = "abfnrtv?\\'\"".IndexOf(kind, StringComparison.Ordinal);
        if (kind != '\0' && plain >= 0)
        {
            bytes.WriteByte("\a\b\f\n\r\t\v?\\'\""u8[plain]);
            return 2;
        }

        int skip = kind is 'x' or 'X' or 'u' or 'U' ? 2 : 1;
        (int radix, int most) = kind switch
        {
            'x' or 'X' => (16, 2),
            'u' => (16, 4),
            'U' => (16, 8),
            _ => (8, 3),
        };
        int length = Digits(text[skip..], radix, most);
        bool isCode = kind is 'u' or 'U';
        if (length == 0 || (isCode && length < most))
        {
            throw Bad(text[..Math.Min(text.Length, skip + length)], offset);
        }
        uint value = 0;
        foreach (char digit in text.Slice(skip, length))
        {
            value = (value * (uint)radix) + uint.Parse([digit], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        if (isCode ? !Rune.IsValid(value) : value > byte.MaxValue)
        {
            throw Bad(text[..(skip + length)], offset);
        }
        if (!isCode)
        {
            bytes.WriteByte((byte)value);
        }
        else
        {
            bytes.Write(StrictUtf8.GetBytes(new Rune(value).ToString()));
        }
        return skip + length;
    }

    private static int Digits(ReadOnlySpan<char> text, int radix, int most)
    {
        int length = 0;
        while (
            length < text.Length
            && length < most
            && (radix == 8 ? text[length] is >= '0' and <= '7' : char.IsAsciiHexDigit(text[length]))
        )
        {
            length++;
        }
        return length;
    }

    private ModelConfigException Bad(ReadOnlySpan<char> escape, int offset) =>
        source.Error(offset, $"'{escape}' is not an escape");
}
