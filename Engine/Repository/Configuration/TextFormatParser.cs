using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>
/// Protobuf's text format into any message, by its descriptor. The language is that of
/// https://protobuf.dev/reference/protobuf/textformat-spec/, without extensions and <c>Any</c>; unlike there, an enum's
/// number must be one of its values, since a configuration that names none is a mistake.
/// </summary>
internal sealed class TextFormatParser
{
    /// <summary>How deep messages may nest: far beyond any configuration, well within the stack.</summary>
    public const int MaxDepth = 64;

    private readonly TextSource _source;
    private readonly TextLexer _lexer;
    private readonly TextScalarReader _scalars;

    private TextFormatParser(TextSource source)
    {
        _source = source;
        _lexer = new TextLexer(source);
        _scalars = new TextScalarReader(source, _lexer);
    }

    /// <summary>Sets on <paramref name="message"/> what the text says.</summary>
    /// <exception cref="ModelConfigException">The text is no such message.</exception>
    public static void Merge(TextSource source, IMessage message) =>
        new TextFormatParser(source).ReadFields(
            message.Descriptor,
            (field, value) => Set(message, field, value),
            opening: null,
            depth: 0
        );

    private void ReadFields(MessageDescriptor type, Action<FieldDescriptor, object> set, TextToken? opening, int depth)
    {
        TextFieldsSeen seen = new(_source, type);
        string? closing = opening is null ? null : Closing(opening.Value);
        while (true)
        {
            TextToken token = _lexer.Next();
            if (token.Kind == TextTokenKind.End && opening is null)
            {
                return;
            }
            if (token.Kind == TextTokenKind.End)
            {
                throw _source.Error(
                    token.Offset,
                    $"missing '{closing}' for the {opening} in line {_source.Line(opening!.Value.Offset)}"
                );
            }
            if (closing is not null && token.Is(closing))
            {
                return;
            }
            if (token.Is("["))
            {
                throw _source.Error(token.Offset, "extensions and Any are not supported here");
            }
            if (token.Kind != TextTokenKind.Identifier)
            {
                throw _source.Error(
                    token.Offset,
                    $"expected a field of {type.FullName}{(closing is null ? "" : $" or '{closing}'")}, found {token}"
                );
            }

            FieldDescriptor field = type.FindFieldByName(token.Text) ?? throw Unknown(type, token);
            seen.Add(field, token);
            ReadField(field, value => set(field, value), depth);
            if (_lexer.Peek.Is(",") || _lexer.Peek.Is(";"))
            {
                _lexer.Next();
            }
        }
    }

    private void ReadField(FieldDescriptor field, Action<object> set, int depth)
    {
        bool colon = _lexer.Accept(":");
        if (!colon && field.FieldType != FieldType.Message)
        {
            throw _source.Error(_lexer.Peek.Offset, $"expected ':' after '{field.Name}', found {_lexer.Peek}");
        }
        if (!_lexer.Peek.Is("["))
        {
            set(ReadValue(field, depth));
            return;
        }

        TextToken opening = _lexer.Next();
        if (!field.IsRepeated)
        {
            throw _source.Error(opening.Offset, $"'{field.Name}' takes one value, not a list");
        }
        if (_lexer.Accept("]"))
        {
            return;
        }
        do
        {
            set(ReadValue(field, depth));
        } while (_lexer.Accept(","));
        if (!_lexer.Accept("]"))
        {
            throw _source.Error(
                _lexer.Peek.Offset,
                $"expected ',' or ']' in the list of '{field.Name}', found {_lexer.Peek}"
            );
        }
    }

    private object ReadValue(FieldDescriptor field, int depth)
    {
        if (field.FieldType != FieldType.Message)
        {
            return _scalars.Read(field);
        }
        TextToken opening = _lexer.Next();
        if (!opening.Is("{") && !opening.Is("<"))
        {
            throw _source.Error(opening.Offset, $"expected '{{' to begin '{field.Name}', found {opening}");
        }
        if (depth == MaxDepth)
        {
            throw _source.Error(opening.Offset, $"messages nest deeper than {MaxDepth}");
        }
        if (field.IsMap)
        {
            return ReadEntry(field.MessageType, opening, depth + 1);
        }
        IMessage message = Create(field.MessageType);
        ReadFields(field.MessageType, (inner, value) => Set(message, inner, value), opening, depth + 1);
        return message;
    }

    private DictionaryEntry ReadEntry(MessageDescriptor entry, TextToken opening, int depth)
    {
        object? key = null;
        object? content = null;
        ReadFields(entry, (field, value) => (field.FieldNumber == 1 ? ref key : ref content) = value, opening, depth);
        return new DictionaryEntry(
            key ?? Default(entry.FindFieldByNumber(1)),
            content ?? Default(entry.FindFieldByNumber(2))
        );
    }

    private ModelConfigException Unknown(MessageDescriptor type, TextToken token)
    {
        string[] known = [.. type.Fields.InDeclarationOrder().Select(field => field.Name)];
        string fields = known.Length == 0 ? "it has no fields" : $"known fields: {string.Join(", ", known)}";
        return _source.Error(
            token.Offset,
            $"unknown field '{token.Text}' in {type.FullName}{Spelling.Suggest(token.Text, known)}; {fields}"
        );
    }

    private static string Closing(TextToken opening) => opening.Text == "{" ? "}" : ">";

    private static void Set(IMessage message, FieldDescriptor field, object value)
    {
        // Of a key given twice the last counts, as in the format's own rules.
        if (field.IsMap)
        {
            ((IDictionary)field.Accessor.GetValue(message))[((DictionaryEntry)value).Key] = (
                (DictionaryEntry)value
            ).Value;
        }
        else if (field.IsRepeated)
        {
            ((IList)field.Accessor.GetValue(message)).Add(value);
        }
        else
        {
            field.Accessor.SetValue(message, value);
        }
    }

    private static object Default(FieldDescriptor field) =>
        field.FieldType == FieldType.Message ? Create(field.MessageType) : TextScalarReader.Default(field.FieldType);

    private static IMessage Create(MessageDescriptor type) => type.Parser.ParseFrom(ByteString.Empty);
}
