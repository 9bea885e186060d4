using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Repository;

/// <summary>The <c>parameters</c> of load and unload requests.</summary>
internal static class LoadParameters
{
    /// <summary>What a member that is one of the model's files is called before its path.</summary>
    public const string FilePrefix = "file:";

    /// <summary>What a load request gives in place of the repository's files; null for nothing.</summary>
    public static ModelOverride? Read(ReadOnlySpan<byte> text)
    {
        string? config = null;
        Dictionary<string, ReadOnlyMemory<byte>> files = [];
        SmallBody.Members(
            text,
            (ref Utf8JsonReader json, string name) =>
            {
                if (name != "parameters" || json.TokenType != JsonTokenType.StartObject)
                {
                    json.Skip();
                    return;
                }

                while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                {
                    string parameter = json.GetString()!;
                    json.Read();
                    if (parameter == "config")
                    {
                        config =
                            json.TokenType == JsonTokenType.String
                                ? json.GetString()
                                : throw RequestJson.Invalid("parameter 'config' must be a text of JSON");
                    }
                    else if (parameter.StartsWith(FilePrefix, StringComparison.Ordinal))
                    {
                        files[parameter[FilePrefix.Length..]] = File(ref json, parameter);
                    }
                    else
                    {
                        json.Skip();
                    }
                }
            }
        );
        return config is null && files.Count == 0 ? null : new ModelOverride(config, files);
    }

    /// <summary>Reads <c>unload_dependents</c> from the parameters that the reader stands on.</summary>
    public static bool UnloadDependents(ref Utf8JsonReader json)
    {
        bool dependents = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool named = json.ValueTextEquals("unload_dependents"u8);
            json.Read();
            if (!named)
            {
                json.Skip();
            }
            else
            {
                dependents = json.TokenType is JsonTokenType.True or JsonTokenType.False
                    ? json.GetBoolean()
                    : throw RequestJson.Invalid("parameter 'unload_dependents' must be true or false");
            }
        }

        return dependents;
    }

    private static byte[] File(ref Utf8JsonReader json, string parameter)
    {
        if (json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out byte[]? contents))
        {
            return contents;
        }
        throw RequestJson.Invalid(
            $"parameter '{(parameter.Length > 64 ? parameter[..64] + "…" : parameter)}' must be a text in base64"
        );
    }
}
