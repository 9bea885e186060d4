using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>
/// A message as JSON by its descriptor. <see cref="JsonFormatter"/> always writes 64-bit integers as strings, which
/// the clients of Triton's config endpoint do not expect.
/// </summary>
internal sealed class MessageJsonWriter(Utf8JsonWriter writer)
{
    public void Write(IMessage message)
    {
        writer.WriteStartObject();
        foreach (FieldDescriptor field in message.Descriptor.Fields.InDeclarationOrder())
        {
            object? value = field.Accessor.GetValue(message);
            // A choice that was not made and a message that is absent are left out; every other default is written.
            if (
                value is null
                || (field.RealContainingOneof is { } choice && choice.Accessor.GetCaseFieldDescriptor(message) != field)
            )
            {
                continue;
            }
            writer.WritePropertyName(field.Name);
            if (field.IsMap)
            {
                WriteMap((IDictionary)value, field.MessageType.FindFieldByNumber(2));
            }
            else if (field.IsRepeated)
            {
                WriteList((IList)value, field);
            }
            else
            {
                WriteValue(value, field);
            }
        }

        writer.WriteEndObject();
    }

    private void WriteMap(IDictionary map, FieldDescriptor valueField)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in map)
        {
            writer.WritePropertyName(Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!);
            WriteValue(entry.Value!, valueField);
        }

        writer.WriteEndObject();
    }

    private void WriteList(IList list, FieldDescriptor field)
    {
        writer.WriteStartArray();
        foreach (object item in list)
        {
            WriteValue(item, field);
        }
        writer.WriteEndArray();
    }

    private void WriteValue(object value, FieldDescriptor field)
    {
        switch (value)
        {
            case IMessage message:
                Write(message);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case ByteString bytes:
                writer.WriteBase64StringValue(bytes.Span);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case float number:
                WriteNumber(number);
                break;
            case double number:
                WriteNumber(number);
                break;
            case Enum:
                WriteEnum(Convert.ToInt32(value, CultureInfo.InvariantCulture), field.EnumType);
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            default:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private void WriteEnum(int number, EnumDescriptor type)
    {
        if (type.FindValueByNumber(number) is { } value)
        {
            writer.WriteStringValue(value.Name);
        }
        else
        {
            writer.WriteNumberValue(number);
        }
    }

    private void WriteNumber(float number)
    {
        if (float.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            WriteSpecial(number);
        }
    }

    private void WriteNumber(double number)
    {
        if (double.IsFinite(number))
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            WriteSpecial(number);
        }
    }

    private void WriteSpecial(double number) =>
        writer.WriteStringValue(
            double.IsNaN(number) ? "NaN"
            : double.IsPositive(number) ? "Infinity"
            : "-Infinity"
        );
}
