using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>The JSON bodies of calls other than inference: an object of a few members, which may be absent.</summary>
internal static class SmallBody
{
    private const int Limit = 1 << 20;

    /// <summary>
    /// Reads an object's members, one call of <paramref name="member"/> for each, which reads the value; an empty body
    /// has none.
    /// </summary>
    /// <exception cref="InferenceException">It is no JSON object, or too large.</exception>
    public static async Task ReadAsync(HttpContext context, MemberReader member, BytesInFlight? bytes = null)
    {
        using RequestBody body = await RequestBody.ReadAsync(
            context.Request,
            BodyForm.Json,
            Limit,
            bytes,
            context.RequestAborted
        );
        Members(body.Json, member);
        bytes?.Remove(body.Reserved);
    }

    /// <summary>Reads the members of a JSON object.</summary>
    public static void Members(ReadOnlySpan<byte> text, MemberReader member)
    {
        if (text.IsEmpty)
        {
            return;
        }
        try
        {
            Utf8JsonReader json = new(text, RequestJson.Depth);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                throw RequestJson.Invalid("the request must be a JSON object");
            }
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                member(ref json, name);
            }
        }
        catch (JsonException exception)
        {
            throw RequestJson.Malformed(exception, text);
        }
        catch (InvalidOperationException exception)
        {
            throw RequestJson.Invalid($"the request is not valid UTF-8 JSON: {exception.Message}");
        }
    }

    /// <summary>Reads a member's value; the reader stands on its first token and is left on its last.</summary>
    public delegate void MemberReader(ref Utf8JsonReader json, string name);
}
