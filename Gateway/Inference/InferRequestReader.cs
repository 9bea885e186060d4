using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.SharedMemory;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Inference;

/// <summary>Reads the protocol's inference request from a body. Unknown members are skipped.</summary>
internal static class InferRequestReader
{
    [ThreadStatic]
    private static List<InputHeader>? _spareHeaders;

    /// <summary>Reads a request (step 3). Binary contents stay where they are: the tensors share the body's buffer.</summary>
    /// <exception cref="InferenceException">The request is malformed; the message says where.</exception>
    public static ParsedInferRequest Read(in RequestBody body, SharedMemoryRegions? regions = null)
    {
        if (body.JsonLength == 0)
        {
            throw RequestJson.Invalid("the request body is empty; expected a JSON object with 'inputs'");
        }
        ParsedInferRequest request = new();
        List<InputHeader> headers = _spareHeaders ??= new List<InputHeader>(4);
        headers.Clear();
        try
        {
            Utf8JsonReader json = new(body.Json, RequestJson.Depth);
            ReadMembers(ref json, request, headers);
            if (headers.Count == 0)
            {
                throw RequestJson.Invalid("the request has no 'inputs'");
            }
            request.Inputs = InputTensors.Create(headers, body, regions);
            return request;
        }
        catch (JsonException exception)
        {
            throw RequestJson.Malformed(exception, body.Json);
        }
        catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
        {
            // The reader's way to say that a string is not valid UTF-8, which it finds only where the string is used.
            throw RequestJson.Invalid($"the request is not valid UTF-8 JSON: {exception.Message}");
        }
        finally
        {
            // Names and shapes of the last request need not outlive it, nor the memory of one with very many inputs.
            if (headers.Capacity > 64)
            {
                _spareHeaders = null;
            }
            else
            {
                headers.Clear();
            }
        }
    }

    private static void ReadMembers(ref Utf8JsonReader json, ParsedInferRequest request, List<InputHeader> headers)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw RequestJson.Invalid("the request must be a JSON object");
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("inputs"u8))
            {
                InputHeaderReader.Read(ref json, headers);
            }
            else if (json.ValueTextEquals("outputs"u8))
            {
                RequestedOutputReader.Read(ref json, request.Outputs);
            }
            else if (json.ValueTextEquals("parameters"u8))
            {
                ReadParameters(ref json, ref request.Parameters);
            }
            else if (json.ValueTextEquals("id"u8))
            {
                request.Id = RequestJson.Text(ref json, "id");
            }
            else
            {
                RequestJson.Skip(ref json);
            }
        }

        while (json.Read())
        {
            // Only the end of the text may follow; the reader throws on anything else.
        }
    }

    private static void ReadParameters(ref Utf8JsonReader json, ref RequestParameters parameters)
    {
        if (!RequestJson.Enter(ref json, JsonTokenType.StartObject, "'parameters' must be an object"))
        {
            return;
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string? name = KnownName(ref json);
            json.Read();
            switch (json.TokenType)
            {
                case var _ when name is null:
                    json.Skip();
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    parameters.SetBoolean(name, json.GetBoolean());
                    break;
                case JsonTokenType.Number when json.TryGetInt64(out long integer):
                    parameters.SetInteger(name, integer);
                    break;
                case JsonTokenType.Number when json.TryGetUInt64(out ulong whole):
                    parameters.SetUnsigned(name, whole);
                    break;
                case JsonTokenType.Number:
                    parameters.SetNumber(name, json.GetDouble());
                    break;
                case JsonTokenType.String:
                    parameters.SetText(name, json.GetString()!);
                    break;
                default:
                    json.Skip();
                    break;
            }
        }
    }

    /// <summary>The parameter's name as a constant, without a new string for each request.</summary>
    private static string? KnownName(ref Utf8JsonReader json)
    {
        foreach (string name in RequestParameters.Names)
        {
            if (json.ValueTextEquals(name))
            {
                return name;
            }
        }

        return null;
    }
}
