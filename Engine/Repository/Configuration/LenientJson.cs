using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>Puts what protobuf's reader of C++ takes into the form that its reader of .NET asks for. Pure.</summary>
internal static class LenientJson
{
    private static readonly JsonDocumentOptions s_once = new() { AllowDuplicateProperties = false };

    /// <summary>One value of a repeated field becomes a list of it; all else stays.</summary>
    /// <returns>The text; as it was where it is no JSON, which protobuf's reader has the words for.</returns>
    public static string Read(string json, MessageDescriptor message)
    {
        try
        {
            if (JsonNode.Parse(json, documentOptions: s_once) is JsonObject fields)
            {
                Correct(fields, message);
                return fields.ToJsonString();
            }
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return json;
        }
        return json;
    }

    private static void Correct(JsonObject fields, MessageDescriptor message)
    {
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            foreach (string name in new[] { field.Name, field.JsonName }.Distinct())
            {
                if (fields[name] is { } value)
                {
                    Correct(fields, name, value, field);
                }
            }
        }
    }

    private static void Correct(JsonObject fields, string name, JsonNode value, FieldDescriptor field)
    {
        if (field.IsMap)
        {
            if (MessageOf(field.MessageType.FindFieldByNumber(2)) is { } inner && value is JsonObject map)
            {
                foreach (JsonObject entry in map.Select(pair => pair.Value).OfType<JsonObject>())
                {
                    Correct(entry, inner);
                }
            }
            return;
        }
        if (MessageOf(field) is { } type)
        {
            JsonNode?[] messages = value is JsonArray list ? [.. list] : [value];
            foreach (JsonObject one in messages.OfType<JsonObject>())
            {
                Correct(one, type);
            }
        }
        if (field.IsRepeated && value is not JsonArray)
        {
            fields.Remove(name);
            fields[name] = new JsonArray(value);
        }
    }

    private static MessageDescriptor? MessageOf(FieldDescriptor field) =>
        field.FieldType == FieldType.Message ? field.MessageType : null;
}
