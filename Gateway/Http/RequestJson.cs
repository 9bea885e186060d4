using System.Text.Json;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>
/// Steps over the JSON of a request. Each starts at a property's name and ends on the last token of its value.
/// </summary>
internal static class RequestJson
{
    /// <summary>How deep a request may nest.</summary>
    private const int MaxDepth = 100;

    /// <summary>The reader's options.</summary>
    public static readonly JsonReaderOptions Depth = new() { MaxDepth = MaxDepth };

    /// <summary>
    /// The error for text that is not JSON, or nests too deeply. An exception's path is where it was found.
    /// </summary>
    public static InferenceException Malformed(JsonException exception, ReadOnlySpan<byte> text)
    {
        if (exception.Message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            return Invalid($"JSON nesting depth exceeds maximum allowed limit ({MaxDepth})");
        }

        string where = exception.Path is { } path ? $"{path}: " : "";
        if (NotANumber.Find(text, exception) is not { } found)
        {
            return Invalid($"the request is not valid JSON: {where}{exception.Message}");
        }
        where += $"JSON has no {found} (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1})";
        return Invalid(
            $"the request is not valid JSON: {where}; among the data of a tensor write it as the text "
                + $"\"NaN\", \"Infinity\" or "
                + "\"-Infinity\", or send the tensor as binary data (binary_data_size)"
        );
    }

    /// <summary>Reads a string; null where the member is null.</summary>
    public static string? Text(ref Utf8JsonReader json, string member)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.String => json.GetString(),
            JsonTokenType.Null => null,
            _ => throw Invalid($"'{member}' must be a string"),
        };
    }

    /// <summary>Reads a number of bytes.</summary>
    public static long Size(ref Utf8JsonReader json, string member)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Number && json.TryGetUInt64(out ulong size)
            ? (long)Math.Min(size, long.MaxValue)
            : throw Invalid($"'{member}' must be a number of bytes, 0 or more");
    }

    /// <summary>Enters an array or object; false where the member is null, which is as if it were absent.</summary>
    public static bool Enter(ref Utf8JsonReader json, JsonTokenType start, string message)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null)
        {
            return false;
        }
        return json.TokenType == start ? true : throw Invalid(message);
    }

    /// <summary>Steps over a value of any kind.</summary>
    public static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    /// <summary>The error for a malformed request.</summary>
    public static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
