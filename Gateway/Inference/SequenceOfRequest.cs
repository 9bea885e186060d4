using System.Globalization;
using System.Text.Json;
using OrleansInference.Gateway.Http;

namespace OrleansInference.Gateway.Inference;

/// <summary>Finds the sequence of a request that has been refused, whatever else is wrong with it.</summary>
internal static class SequenceOfRequest
{
    /// <summary>
    /// The <c>sequence_id</c> among its parameters; null where it has none, or is not JSON up to there.
    /// </summary>
    public static string? Find(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader json = new(text, RequestJson.Depth);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("parameters"u8))
                {
                    return InParameters(ref json);
                }
                RequestJson.Skip(ref json);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or not UTF-8.
        }

        return null;
    }

    private static string? InParameters(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals("sequence_id"u8))
            {
                RequestJson.Skip(ref json);
                continue;
            }

            json.Read();
            if (json.TokenType == JsonTokenType.String)
            {
                return json.GetString() is { Length: > 0 } id ? id : null;
            }
            return json.TokenType == JsonTokenType.Number && json.TryGetUInt64(out ulong number) && number > 0
                ? number.ToString(CultureInfo.InvariantCulture)
                : null;
        }

        return null;
    }
}
