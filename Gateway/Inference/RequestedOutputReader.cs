using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>Reads the <c>outputs</c> of a request. Unknown members are skipped.</summary>
internal static class RequestedOutputReader
{
    /// <summary>Reads the array.</summary>
    /// <exception cref="InferenceException">It is malformed or asks for what is not served; the message says
    /// where.</exception>
    public static void Read(ref Utf8JsonReader json, List<RequestedOutput> outputs)
    {
        if (!RequestJson.Enter(ref json, JsonTokenType.StartArray, "'outputs' must be an array"))
        {
            return;
        }
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (outputs.Count == InputHeaderReader.MaxTensors)
            {
                throw RequestJson.Invalid($"the request has more than {InputHeaderReader.MaxTensors} outputs");
            }
            if (json.TokenType != JsonTokenType.StartObject)
            {
                throw RequestJson.Invalid($"outputs[{outputs.Count}] must be an object");
            }
            RequestedOutput output = new("");
            string? name = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("name"u8))
                {
                    name = RequestJson.Text(ref json, "name");
                }
                else if (json.ValueTextEquals("parameters"u8))
                {
                    output = ReadParameters(ref json);
                }
                else
                {
                    RequestJson.Skip(ref json);
                }
            }

            output = output with
            {
                Name = name ?? throw RequestJson.Invalid($"outputs[{outputs.Count}] has no 'name'"),
            };
            if (outputs.Exists(other => other.Name == output.Name))
            {
                throw RequestJson.Invalid($"output '{output.Name}' already exists in request");
            }
            outputs.Add(output);
        }
    }

    private static RequestedOutput ReadParameters(ref Utf8JsonReader json)
    {
        RequestedOutput output = new("");
        if (!RequestJson.Enter(ref json, JsonTokenType.StartObject, "'parameters' must be an object"))
        {
            return output;
        }
        string? region = null;
        long offset = 0;
        long size = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("binary_data"u8))
            {
                json.Read();
                output = output with
                {
                    Binary = json.TokenType is JsonTokenType.True or JsonTokenType.False
                        ? json.GetBoolean()
                        : throw RequestJson.Invalid("'binary_data' must be true or false"),
                };
            }
            else if (json.ValueTextEquals("classification"u8))
            {
                json.Read();
                output = output with
                {
                    Classes =
                        json.TokenType == JsonTokenType.Number && json.TryGetInt32(out int classes) && classes >= 0
                            ? classes
                            : throw RequestJson.Invalid(
                                "'classification' must be a number of classes, 0 (none) or more"
                            ),
                };
            }
            else if (json.ValueTextEquals("shared_memory_region"u8))
            {
                region = RequestJson.Text(ref json, "shared_memory_region");
            }
            else if (json.ValueTextEquals("shared_memory_offset"u8))
            {
                offset = RequestJson.Size(ref json, "shared_memory_offset");
            }
            else if (json.ValueTextEquals("shared_memory_byte_size"u8))
            {
                size = RequestJson.Size(ref json, "shared_memory_byte_size");
            }
            else
            {
                RequestJson.Skip(ref json);
            }
        }

        return region is null ? output : output with { Region = new SharedMemoryRange(region, offset, size) };
    }
}
