using System.Text.Json;
using OrleansInference.Gateway.Mapping;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Http;

/// <summary>
/// Reads the protocol's inference request from a body. Shape and datatype may stand behind <c>data</c>, so the position
/// of the data is kept and its contents are read once the rest is known. Unknown members are skipped.
/// </summary>
internal static class InferRequestReader
{
    private const int MaxRank = InferenceTensorCodec.MaxRank;

    /// <summary>Reads a request. Binary contents stay where they are: the tensors share the body's buffer.</summary>
    /// <exception cref="InferenceException">The request is malformed; the message says where.</exception>
    public static ParsedInferRequest Read(in RequestBody body)
    {
        if (body.JsonLength == 0) throw Invalid("the request body is empty; expected a JSON object with 'inputs'");
        ParsedInferRequest request = new();
        List<InputHeader> headers = new(2);
        try
        {
            Utf8JsonReader json = new(body.Json, new JsonReaderOptions { MaxDepth = 64 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw Invalid("the request must be a JSON object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("inputs"u8)) ReadInputs(ref json, headers);
                else if (json.ValueTextEquals("outputs"u8)) ReadOutputs(ref json, request.Outputs);
                else if (json.ValueTextEquals("parameters"u8)) ReadParameters(ref json, ref request.Parameters);
                else if (json.ValueTextEquals("id"u8)) request.Id = Text(ref json, "id");
                else Skip(ref json);
            }

            while (json.Read())
            {
                // Only the end of the text may follow; the reader throws on anything else.
            }
        }
        catch (JsonException exception)
        {
            throw Invalid($"the request is not valid JSON: {exception.Message}");
        }
        catch (InvalidOperationException exception)
        {
            // The reader's way to say that a string is not valid UTF-8.
            throw Invalid($"the request is not valid UTF-8 JSON: {exception.Message}");
        }

        if (headers.Count == 0) throw Invalid("the request has no 'inputs'");
        request.Inputs = Tensors(headers, body);
        return request;
    }

    private static InferenceTensor[] Tensors(List<InputHeader> headers, in RequestBody body)
    {
        long binary = 0;
        foreach (InputHeader header in headers) binary += Math.Max(0, header.BinarySize);
        if (binary != body.DataLength)
        {
            throw Invalid($"the inputs' binary_data_size add up to {binary} bytes, {body.DataLength} bytes follow the JSON header of {body.JsonLength} (Inference-Header-Content-Length)");
        }

        InferenceTensor[] tensors = new InferenceTensor[headers.Count];
        int offset = body.DataStart;
        try
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                InputHeader header = headers[i];
                string name = header.Name ?? throw Invalid($"inputs[{i}] has no 'name'");
                if (header.Datatype == TensorDatatype.None) throw Invalid($"input '{name}' has no 'datatype'; allowed: {TensorDatatypes.AllNames}");
                long[] shape = header.Shape ?? throw Invalid($"input '{name}' has no 'shape'");
                if (!TensorShape.TryCount(shape, out long elements)) throw Invalid($"input '{name}' has shape {TensorShape.Format(shape)}; dimensions must be 0 or more and their product must fit 63 bits");
                if (header.BinarySize >= 0)
                {
                    int length = (int)header.BinarySize;
                    tensors[i] = Binary(name, header.Datatype, shape, body.Buffer, offset, length);
                    offset += length;
                }
                else if (header.DataOffset >= 0)
                {
                    tensors[i] = TensorJsonReader.Read(name, header.Datatype, shape, elements, body.Json.Slice(header.DataOffset, header.DataLength));
                }
                else
                {
                    throw Invalid($"input '{name}' has neither 'data' nor the parameter 'binary_data_size'");
                }
            }
        }
        catch
        {
            foreach (InferenceTensor? tensor in tensors) tensor?.Dispose();
            throw;
        }

        return tensors;
    }

    private static InferenceTensor Binary(string name, TensorDatatype datatype, long[] shape, TensorBuffer buffer, int offset, int length)
    {
        int size = datatype.ElementSize();
        if (size < 2 || offset % size == 0) return new InferenceTensor(name, datatype, shape, buffer.Memory.Slice(offset, length), buffer.AddReference());
        // Behind an odd-sized tensor numbers would not be aligned: a copy of their own.
        TensorBuffer aligned = TensorBuffer.Rent(length);
        buffer.Span.Slice(offset, length).CopyTo(aligned.Span);
        return new InferenceTensor(name, datatype, shape, aligned.Memory, aligned);
    }

    private static void ReadInputs(ref Utf8JsonReader json, List<InputHeader> headers)
    {
        Expect(ref json, JsonTokenType.StartArray, "'inputs' must be an array");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject) throw Invalid($"inputs[{headers.Count}] must be an object");
            InputHeader header = new() { BinarySize = -1, DataOffset = -1 };
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("name"u8)) header.Name = Text(ref json, "name");
                else if (json.ValueTextEquals("datatype"u8)) header.Datatype = Datatype(ref json, headers.Count);
                else if (json.ValueTextEquals("shape"u8)) header.Shape = Shape(ref json, headers.Count);
                else if (json.ValueTextEquals("data"u8)) SkipData(ref json, ref header);
                else if (json.ValueTextEquals("parameters"u8)) ReadInputParameters(ref json, ref header);
                else Skip(ref json);
            }

            headers.Add(header);
        }
    }

    private static void SkipData(ref Utf8JsonReader json, ref InputHeader header)
    {
        json.Read();
        header.DataOffset = (int)json.TokenStartIndex;
        json.Skip();
        header.DataLength = (int)json.BytesConsumed - header.DataOffset;
    }

    private static void ReadInputParameters(ref Utf8JsonReader json, ref InputHeader header)
    {
        Expect(ref json, JsonTokenType.StartObject, "'parameters' must be an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("binary_data_size"u8))
            {
                json.Read();
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long size) || size is < 0 or > int.MaxValue) throw Invalid($"'binary_data_size' must be a number of bytes from 0 to {int.MaxValue}");
                header.BinarySize = size;
            }
            else if (json.ValueTextEquals("shared_memory_region"u8))
            {
                throw new InferenceException(InferenceError.Unsupported, "shared memory is not served here; send the tensor in the request");
            }
            else
            {
                Skip(ref json);
            }
        }
    }

    private static void ReadOutputs(ref Utf8JsonReader json, List<RequestedOutput> outputs)
    {
        Expect(ref json, JsonTokenType.StartArray, "'outputs' must be an array");
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.StartObject) throw Invalid($"outputs[{outputs.Count}] must be an object");
            string? name = null;
            bool? binary = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("name"u8)) name = Text(ref json, "name");
                else if (json.ValueTextEquals("parameters"u8)) binary = ReadOutputParameters(ref json);
                else Skip(ref json);
            }

            outputs.Add(new RequestedOutput(name ?? throw Invalid($"outputs[{outputs.Count}] has no 'name'"), binary));
        }
    }

    private static bool? ReadOutputParameters(ref Utf8JsonReader json)
    {
        bool? binary = null;
        Expect(ref json, JsonTokenType.StartObject, "'parameters' must be an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("binary_data"u8))
            {
                json.Read();
                binary = json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw Invalid("'binary_data' must be true or false");
            }
            else if (json.ValueTextEquals("classification"u8) || json.ValueTextEquals("shared_memory_region"u8))
            {
                throw new InferenceException(InferenceError.Unsupported, $"the output parameter '{json.GetString()}' is not served here");
            }
            else
            {
                Skip(ref json);
            }
        }

        return binary;
    }

    private static void ReadParameters(ref Utf8JsonReader json, ref RequestParameters parameters)
    {
        Expect(ref json, JsonTokenType.StartObject, "'parameters' must be an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            switch (json.TokenType)
            {
                case JsonTokenType.True or JsonTokenType.False: parameters.SetBoolean(name, json.GetBoolean()); break;
                case JsonTokenType.Number when json.TryGetInt64(out long integer): parameters.SetInteger(name, integer); break;
                case JsonTokenType.Number: parameters.SetNumber(name, json.GetDouble()); break;
                case JsonTokenType.String: RequestParameters.SetText(name, json.GetString()!); break;
                default: json.Skip(); break;
            }
        }
    }

    private static TensorDatatype Datatype(ref Utf8JsonReader json, int index)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String)
        {
            if (!json.ValueIsEscaped && TensorDatatypes.TryParse(json.ValueSpan, out TensorDatatype datatype)) return datatype;
            throw Invalid($"inputs[{index}] has datatype '{json.GetString()}'; allowed: {TensorDatatypes.AllNames}");
        }

        throw Invalid($"inputs[{index}] has a 'datatype' that is no string; allowed: {TensorDatatypes.AllNames}");
    }

    private static long[] Shape(ref Utf8JsonReader json, int index)
    {
        Expect(ref json, JsonTokenType.StartArray, $"inputs[{index}] must have an array of numbers as 'shape'");
        Span<long> shape = stackalloc long[MaxRank];
        int rank = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (rank == MaxRank) throw Invalid($"inputs[{index}] has more than {MaxRank} dimensions");
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out shape[rank++])) throw Invalid($"inputs[{index}] has a dimension that is no 64-bit integer");
        }

        return shape[..rank].ToArray();
    }

    private static string Text(ref Utf8JsonReader json, string member)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String ? json.GetString()! : throw Invalid($"'{member}' must be a string");
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token, string message)
    {
        json.Read();
        if (json.TokenType != token) throw Invalid(message);
    }

    private static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    private static InferenceException Invalid(string message) => new(InferenceError.InvalidArgument, message);
}
