using System.Text.Json;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>Reads the <c>outputs</c> of a request. Unknown members are skipped.</summary>
internal static class RequestedOutputReader
{
    /// <summary>Reads the array.</summary>
    /// <exception cref="InferenceException">It is malformed or asks for what is not served; the message says where.</exception>
    public static void Read(ref Utf8JsonReader json, List<RequestedOutput> outputs)
    {
        if (!RequestJson.Enter(ref json, JsonTokenType.StartArray, "'outputs' must be an array")) return;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (outputs.Count == InputHeaderReader.MaxTensors) throw RequestJson.Invalid($"the request has more than {InputHeaderReader.MaxTensors} outputs");
            if (json.TokenType != JsonTokenType.StartObject) throw RequestJson.Invalid($"outputs[{outputs.Count}] must be an object");
            string? name = null;
            bool? binary = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("name"u8)) name = RequestJson.Text(ref json, "name");
                else if (json.ValueTextEquals("parameters"u8)) binary = ReadParameters(ref json);
                else RequestJson.Skip(ref json);
            }

            outputs.Add(new RequestedOutput(name ?? throw RequestJson.Invalid($"outputs[{outputs.Count}] has no 'name'"), binary));
        }
    }

    private static bool? ReadParameters(ref Utf8JsonReader json)
    {
        bool? binary = null;
        if (!RequestJson.Enter(ref json, JsonTokenType.StartObject, "'parameters' must be an object")) return binary;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("binary_data"u8))
            {
                json.Read();
                binary = json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw RequestJson.Invalid("'binary_data' must be true or false");
            }
            else if (json.ValueTextEquals("classification"u8) || json.ValueTextEquals("shared_memory_region"u8))
            {
                throw new InferenceException(InferenceError.Unsupported, $"the output parameter '{json.GetString()}' is not served here");
            }
            else
            {
                RequestJson.Skip(ref json);
            }
        }

        return binary;
    }
}
