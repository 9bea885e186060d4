using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansInference.Engine.Sessions;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Holds a configuration against the <see cref="FieldTable"/>: what is set has an effect, or a word. Pure.</summary>
internal static class FieldCheck
{
    /// <summary>Refuses what must not be passed over.</summary>
    /// <exception cref="ModelLoadException">A field is set that is refused here; the message names all of them.</exception>
    public static void RequireServed(ModelConfig config)
    {
        string[] refused =
        [
            .. SetFields(config, "")
                .Where(field => field.Support.Effect == FieldEffect.Refused)
                .Select(field => $"{field.Path} is not served here: {field.Support.Reason}")
                .Distinct(),
        ];
        if (refused.Length > 0)
        {
            throw new ModelLoadException(string.Join("; ", refused));
        }
    }

    /// <summary>A sentence for each field and parameter that is set and has no effect.</summary>
    public static IEnumerable<string> Warnings(ModelConfig config) =>
        SetFields(config, "")
            .Where(field => field.Support.Effect == FieldEffect.Warned)
            .Select(field => NoEffect(field.Path, field.Support.Reason))
            .Concat(config.Parameters.Keys.Order(StringComparer.Ordinal).Select(ParameterWarning).OfType<string>())
            .Distinct();

    private static string? ParameterWarning(string key)
    {
        if (!FieldTable.Parameters.TryGetValue(key, out FieldSupport? support))
        {
            return NoEffect(
                $"parameter '{key}'",
                $"there is none of that name{Spelling.Suggest(key, FieldTable.Parameters.Keys)}"
            );
        }
        return support.Effect == FieldEffect.Warned ? NoEffect($"parameter '{key}'", support.Reason) : null;
    }

    private static string NoEffect(string what, string reason) => $"{what} has no effect here: {reason}";

    private static IEnumerable<(string Path, FieldSupport Support)> SetFields(IMessage message, string prefix)
    {
        IMessage blank = message.Descriptor.Parser.ParseFrom(ByteString.Empty);
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            if (!IsSet(value, field.Accessor.GetValue(blank)))
            {
                continue;
            }
            string path = prefix + field.Name;
            if (FieldTable.Fields.TryGetValue(path, out FieldSupport? support) && support.Effect != FieldEffect.Done)
            {
                yield return (path, support);
                continue;
            }
            foreach (IMessage inner in Messages(value!))
            {
                foreach ((string, FieldSupport) found in SetFields(inner, path + "."))
                {
                    yield return found;
                }
            }
        }
    }

    /// <summary>What says the same as leaving it out is not set: false, 0, an empty list, a message of such.</summary>
    private static bool IsSet(object? value, object? blank) =>
        value switch
        {
            ICollection list => list.Count > 0,
            IMessage message => message.CalculateSize() > 0,
            _ => !Equals(value, blank),
        };

    private static IEnumerable<IMessage> Messages(object value) =>
        value switch
        {
            IMessage message => [message],
            IDictionary map => map.Values.OfType<IMessage>(),
            IEnumerable list and not string => list.OfType<IMessage>(),
            _ => [],
        };
}
