using System.Buffers;
using System.Globalization;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Cuts protobuf's text format into tokens, with one token of lookahead.</summary>
internal sealed class TextLexer
{
    private const NumberStyles FloatStyle = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly TextSource _source;
    private readonly string _text;
    private int _position;

    public TextLexer(TextSource source)
    {
        _source = source;
        _text = source.Text;
        Peek = Scan();
    }

    /// <summary>The token that <see cref="Next"/> takes.</summary>
    public TextToken Peek { get; private set; }

    /// <exception cref="ModelConfigException">What follows is no token.</exception>
    public TextToken Next()
    {
        TextToken token = Peek;
        if (token.Kind != TextTokenKind.End)
        {
            Peek = Scan();
        }
        return token;
    }

    /// <summary>Takes the next token if it is this symbol.</summary>
    public bool Accept(string symbol)
    {
        if (!Peek.Is(symbol))
        {
            return false;
        }
        Next();
        return true;
    }

    private TextToken Scan()
    {
        SkipSpaceAndComments();
        int start = _position;
        if (start == _text.Length)
        {
            return new TextToken(TextTokenKind.End, "", start);
        }
        char first = _text[start];
        if (IsWordStart(first))
        {
            return Take(TextTokenKind.Identifier, start, EndOfWord(start));
        }
        if (
            char.IsAsciiDigit(first)
            || (first == '.' && start + 1 < _text.Length && char.IsAsciiDigit(_text[start + 1]))
        )
        {
            return ScanNumber(start);
        }
        if (first is '"' or '\'')
        {
            return ScanString(start, first);
        }
        if ("{}<>[]:,;-".Contains(first))
        {
            return Take(TextTokenKind.Symbol, start, start + 1);
        }
        string shown = char.IsControl(first) ? $"character U+{(int)first:X4}" : $"'{first}'";
        throw _source.Error(start, $"unexpected {shown}");
    }

    private void SkipSpaceAndComments()
    {
        while (_position < _text.Length)
        {
            char next = _text[_position];
            if (next is ' ' or '\t' or '\r' or '\n' or '\v' or '\f')
            {
                _position++;
            }
            else if (next == '#')
            {
                int end = _text.IndexOf('\n', _position);
                _position = end < 0 ? _text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private TextToken ScanNumber(int start)
    {
        bool hex = _text.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int end = start;
        while (
            end < _text.Length
            && (
                IsWord(_text[end])
                || _text[end] == '.'
                || (!hex && _text[end] is '+' or '-' && _text[end - 1] is 'e' or 'E')
            )
        )
        {
            end++;
        }
        ReadOnlySpan<char> number = _text.AsSpan(start, end - start);
        TextTokenKind kind = Kind(number, hex);
        return kind != TextTokenKind.End
            ? Take(kind, start, end)
            : throw _source.Error(start, $"'{number}' is not a number");
    }

    /// <summary>Integer or float; End where it is neither.</summary>
    private static TextTokenKind Kind(ReadOnlySpan<char> number, bool hex)
    {
        if (hex)
        {
            return number.Length > 2 && !number[2..].ContainsAnyExcept(HexDigits)
                ? TextTokenKind.Integer
                : TextTokenKind.End;
        }
        if (!number.ContainsAnyExceptInRange('0', '9'))
        {
            bool octal = number is ['0', _, ..];
            return octal && number.ContainsAnyExceptInRange('0', '7') ? TextTokenKind.End : TextTokenKind.Integer;
        }

        if (number[^1] is 'f' or 'F')
        {
            number = number[..^1];
        }
        return double.TryParse(number, FloatStyle, CultureInfo.InvariantCulture, out _)
            ? TextTokenKind.Float
            : TextTokenKind.End;
    }

    private TextToken ScanString(int start, char quote)
    {
        for (int end = start + 1; end < _text.Length && _text[end] != '\n'; end++)
        {
            if (_text[end] == '\\' && end + 1 < _text.Length && _text[end + 1] != '\n')
            {
                end++;
            }
            else if (_text[end] == quote)
            {
                _position = end + 1;
                return new TextToken(TextTokenKind.String, _text[(start + 1)..end], start);
            }
        }

        throw _source.Error(start, $"the string is not closed: no {quote} before the end of its line");
    }

    private TextToken Take(TextTokenKind kind, int start, int end)
    {
        _position = end;
        return new TextToken(kind, _text[start..end], start);
    }

    private int EndOfWord(int end)
    {
        while (end < _text.Length && IsWord(_text[end]))
        {
            end++;
        }
        return end;
    }

    private static bool IsWordStart(char character) => char.IsAsciiLetter(character) || character == '_';

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';
}
