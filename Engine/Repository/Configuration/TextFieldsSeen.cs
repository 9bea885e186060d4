using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>The fields that a message has had, to refuse a second value where there may be one.</summary>
internal sealed class TextFieldsSeen(TextSource source, MessageDescriptor type)
{
    private readonly Dictionary<string, TextToken> _seen = new(StringComparer.Ordinal);

    /// <exception cref="ModelConfigException">The field, or another of its oneof, has been given.</exception>
    public void Add(FieldDescriptor field, TextToken token)
    {
        if (field.IsRepeated)
        {
            return;
        }
        OneofDescriptor? choice = field.RealContainingOneof;
        if (_seen.TryAdd(choice is null ? field.Name : $"oneof {choice.Name}", token))
        {
            return;
        }
        TextToken first = _seen[choice is null ? field.Name : $"oneof {choice.Name}"];
        int line = source.Line(first.Offset);
        throw source.Error(
            token.Offset,
            first.Text == field.Name
                ? $"'{field.Name}' of {type.FullName} is given twice, first in line {line}"
                : $"'{field.Name}' excludes '{first.Text}' of line {line}: {type.FullName} takes one of "
                    + $"{string.Join(", ", choice!.Fields.Select(other => other.Name))}"
        );
    }
}
