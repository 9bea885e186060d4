using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace OrleansInference.Engine.Repository.Configuration;

/// <summary>The configuration as JSON, as the protocol's config and load calls have it.</summary>
internal static class ModelConfigJson
{
    /// <summary>
    /// The configuration with the schema's own field names and with fields at their defaults, as Triton's config
    /// endpoint gives it: in protobuf's JSON mapping but for 64-bit integers, which are numbers and not strings.
    /// </summary>
    public static string Write(ModelConfig config)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            new MessageJsonWriter(writer).Write(config);
        }
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    /// <summary>
    /// Reads a configuration from protobuf's JSON mapping. Field names may be the schema's own or in camel case; 64-bit
    /// integers may be numbers, which protobuf's reader takes as doubles (exact up to 2^53), or strings. A repeated field
    /// may be one value without brackets, as protobuf's own readers of other languages take it.
    /// </summary>
    /// <exception cref="ModelConfigException">The text is not JSON, or not a configuration.</exception>
    public static ModelConfig Parse(string json)
    {
        try
        {
            return JsonParser.Default.Parse<ModelConfig>(LenientJson.Read(json, ModelConfig.Descriptor));
        }
        catch (Exception exception) when (exception is InvalidJsonException or InvalidProtocolBufferException)
        {
            throw new ModelConfigException($"the model configuration cannot be read: {exception.Message}", exception);
        }
    }
}
