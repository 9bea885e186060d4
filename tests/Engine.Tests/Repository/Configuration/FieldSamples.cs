using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansInference.Engine.Repository.Configuration;
using OrleansInference.Protocol;

namespace OrleansInference.Engine.Tests.Repository.Configuration;

/// <summary>The schema's fields by path, and configurations that set one of them to something.</summary>
internal static class FieldSamples
{
    /// <summary>Paths of all fields; those beneath a field that is refused or warned of are its own.</summary>
    public static IEnumerable<string> Paths() => Paths(ModelConfig.Descriptor, "");

    /// <summary>A configuration whose only field that is set is that of a path.</summary>
    public static ModelConfig With(string path)
    {
        ModelConfig config = new();
        Set(config, path.Split('.'));
        return config;
    }

    private static IEnumerable<string> Paths(MessageDescriptor type, string prefix)
    {
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
        {
            string path = prefix + field.Name;
            bool isListed = FieldTable.Fields.TryGetValue(path, out FieldSupport? support);
            MessageDescriptor? inner = Inner(field);
            if (isListed || inner is null || inner.Fields.InDeclarationOrder().Count == 0)
            {
                yield return path;
            }
            if (inner is not null && support is not { Effect: not FieldEffect.Done })
            {
                foreach (string deeper in Paths(inner, path + "."))
                {
                    yield return deeper;
                }
            }
        }
    }

    private static MessageDescriptor? Inner(FieldDescriptor field)
    {
        FieldDescriptor value = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        return value.FieldType == FieldType.Message ? value.MessageType : null;
    }

    private static void Set(IMessage message, ReadOnlySpan<string> names)
    {
        FieldDescriptor field = message.Descriptor.FindFieldByName(names[0]);
        object? present = field.Accessor.GetValue(message);
        switch (present)
        {
            case IDictionary map:
                Type[] types = map.GetType().GenericTypeArguments;
                map.Add(Sample(types[0], []), Sample(types[1], names[1..]));
                break;
            case IList list:
                list.Add(Sample(list.GetType().GenericTypeArguments[0], names[1..]));
                break;
            default:
                Type type = present?.GetType() ?? field.MessageType.ClrType;
                field.Accessor.SetValue(message, Sample(type, names[1..]));
                break;
        }
    }

    private static object Sample(Type type, ReadOnlySpan<string> names)
    {
        if (type == typeof(string))
        {
            return "x";
        }
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }
        if (!typeof(IMessage).IsAssignableFrom(type))
        {
            return Convert.ChangeType(1, type, CultureInfo.InvariantCulture);
        }
        IMessage message = (IMessage)Activator.CreateInstance(type)!;
        if (names.Length > 0)
        {
            Set(message, names);
        }
        else if (message.Descriptor.Fields.InDeclarationOrder().FirstOrDefault() is { } first)
        {
            Set(message, new[] { first.Name });
        }
        return message;
    }
}
