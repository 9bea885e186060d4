using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Reads one value that is not a message, as the type that the field's accessor takes.</summary>
internal sealed class TextScalarReader(TextSource source, TextLexer lexer)
{
    private readonly TextStringReader _strings = new(source, lexer);

    /// <exception cref="ModelConfigException">What follows is not a value of the field.</exception>
    public object Read(FieldDescriptor field) =>
        field.FieldType switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => (int)Signed(field, int.MinValue, int.MaxValue),
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Signed(field, long.MinValue, long.MaxValue),
            FieldType.UInt32 or FieldType.Fixed32 => (uint)Unsigned(field, uint.MaxValue),
            FieldType.UInt64 or FieldType.Fixed64 => Unsigned(field, ulong.MaxValue),
            FieldType.Float => (float)Float(field),
            FieldType.Double => Float(field),
            FieldType.Bool => Bool(field),
            FieldType.Enum => Enum(field),
            FieldType.String => _strings.ReadString(field),
            _ => _strings.ReadBytes(field),
        };

    /// <summary>The value of a scalar that is not given.</summary>
    public static object Default(FieldType type) =>
        type switch
        {
            FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 or FieldType.Enum => 0,
            FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => 0L,
            FieldType.UInt32 or FieldType.Fixed32 => 0U,
            FieldType.UInt64 or FieldType.Fixed64 => 0UL,
            FieldType.Float => 0F,
            FieldType.Double => 0D,
            FieldType.Bool => false,
            FieldType.String => "",
            _ => ByteString.Empty,
        };

    private long Signed(FieldDescriptor field, long low, long high)
    {
        (TextToken token, bool negative, ulong? magnitude) = Integer(field);
        Int128 value = negative ? -(Int128)(magnitude ?? ulong.MaxValue) : magnitude ?? ulong.MaxValue;
        return value >= low && value <= high
            ? (long)value
            : throw OutOfRange(field, token, negative, low.ToString(CultureInfo.InvariantCulture), (ulong)high);
    }

    private ulong Unsigned(FieldDescriptor field, ulong high)
    {
        (TextToken token, bool negative, ulong? magnitude) = Integer(field);
        return magnitude is { } value && value <= high && (!negative || value == 0)
            ? value
            : throw OutOfRange(field, token, negative, "0", high);
    }

    /// <summary>An integer; its magnitude is null beyond 64 bits.</summary>
    private (TextToken Token, bool Negative, ulong? Magnitude) Integer(FieldDescriptor field)
    {
        bool negative = lexer.Accept("-");
        TextToken token = lexer.Next();
        if (token.Kind != TextTokenKind.Integer)
        {
            throw source.Error(token.Offset, $"'{field.Name}' is an integer, found {token}");
        }
        int radix =
            token.Text is ['0', 'x' or 'X', ..] ? 16
            : token.Text is ['0', _, ..] ? 8
            : 10;
        ulong magnitude = 0;
        foreach (char digit in token.Text.AsSpan(radix == 16 ? 2 : 0))
        {
            UInt128 next = ((UInt128)magnitude * (uint)radix) + (uint)Convert.ToInt32(digit.ToString(), 16);
            if (next > ulong.MaxValue)
            {
                return (token, negative, null);
            }
            magnitude = (ulong)next;
        }

        return (token, negative, magnitude);
    }

    private ModelConfigException OutOfRange(
        FieldDescriptor field,
        TextToken token,
        bool negative,
        string low,
        ulong high
    ) =>
        source.Error(
            token.Offset,
            $"{(negative ? "-" : "")}{token.Text} is out of range for '{field.Name}': {low} to {high}"
        );

    private double Float(FieldDescriptor field)
    {
        bool negative = lexer.Accept("-");
        TextToken token = lexer.Next();
        double? value = token.Kind switch
        {
            TextTokenKind.Float => double.Parse(token.Text.TrimEnd('f', 'F'), CultureInfo.InvariantCulture),
            // The format has no hexadecimal or octal floats.
            TextTokenKind.Integer when token.Text is not ['0', _, ..] => double.Parse(
                token.Text,
                CultureInfo.InvariantCulture
            ),
            TextTokenKind.Identifier => Named(token.Text),
            _ => null,
        };
        if (value is null)
        {
            throw source.Error(token.Offset, $"'{field.Name}' is a number, found {token}");
        }
        return negative ? -value.Value : value.Value;
    }

    private static double? Named(string text) =>
        text.ToUpperInvariant() switch
        {
            "INF" or "INFINITY" => double.PositiveInfinity,
            "NAN" => double.NaN,
            _ => null,
        };

    private bool Bool(FieldDescriptor field)
    {
        TextToken token = lexer.Next();
        return token switch
        {
            { Kind: TextTokenKind.Identifier, Text: "true" or "True" or "t" }
            or { Kind: TextTokenKind.Integer, Text: "1" } => true,
            { Kind: TextTokenKind.Identifier, Text: "false" or "False" or "f" }
            or { Kind: TextTokenKind.Integer, Text: "0" } => false,
            _ => throw source.Error(token.Offset, $"'{field.Name}' is true or false, found {token}"),
        };
    }

    private int Enum(FieldDescriptor field)
    {
        TextToken token = lexer.Peek;
        EnumValueDescriptor? value = null;
        if (token.Kind == TextTokenKind.Identifier)
        {
            value = field.EnumType.FindValueByName(lexer.Next().Text);
        }
        else if (token.Kind == TextTokenKind.Integer || token.Is("-"))
        {
            value = field.EnumType.FindValueByNumber((int)Signed(field, int.MinValue, int.MaxValue));
        }
        if (value is not null)
        {
            return value.Number;
        }
        string[] allowed = [.. field.EnumType.Values.Select(candidate => candidate.Name)];
        throw source.Error(
            token.Offset,
            $"{token} is not a value of '{field.Name}'{Spelling.Suggest(token.Text, allowed)}; "
                + $"allowed values: {string.Join(", ", allowed)}"
        );
    }
}
