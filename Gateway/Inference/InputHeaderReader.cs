using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Tensors;

namespace OrleansInference.Gateway.Inference;

/// <summary>
/// Reads the <c>inputs</c> of a request, all but their contents. Only the position of <c>data</c> is kept, because
/// shape and datatype may come after it. Unknown members are skipped.
/// </summary>
internal static class InputHeaderReader
{
    /// <summary>
    /// Most inputs, and most requested outputs, of a request. What describes them is not in the tensors' memory.
    /// </summary>
    public const int MaxTensors = 1024;

    private const int MaxRank = TensorCodec.MaxRank;

    /// <summary>Reads the array.</summary>
    /// <exception cref="InferenceException">It is malformed; the message says where.</exception>
    public static void Read(ref Utf8JsonReader json, List<InputHeader> headers)
    {
        if (!RequestJson.Enter(ref json, JsonTokenType.StartArray, "'inputs' must be an array"))
        {
            return;
        }
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (headers.Count == MaxTensors)
            {
                throw RequestJson.Invalid($"the request has more than {MaxTensors} inputs");
            }
            headers.Add(ReadOne(ref json, headers.Count));
        }
    }

    private static InputHeader ReadOne(ref Utf8JsonReader json, int index)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw RequestJson.Invalid($"inputs[{index}] must be an object");
        }
        InputHeader header = new() { BinarySize = -1, DataOffset = -1 };
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("name"u8))
            {
                header.Name = RequestJson.Text(ref json, "name");
            }
            else if (json.ValueTextEquals("datatype"u8))
            {
                header.Datatype = Datatype(ref json, index);
            }
            else if (json.ValueTextEquals("shape"u8))
            {
                header.Shape = Shape(ref json, index);
            }
            else if (json.ValueTextEquals("data"u8))
            {
                SkipData(ref json, ref header, index);
            }
            else if (json.ValueTextEquals("parameters"u8))
            {
                ReadParameters(ref json, ref header);
            }
            else
            {
                RequestJson.Skip(ref json);
            }
        }

        return header;
    }

    private static void SkipData(ref Utf8JsonReader json, ref InputHeader header, int index)
    {
        try
        {
            json.Read();
            header.DataOffset = (int)json.TokenStartIndex;
            json.Skip();
            header.DataLength = (int)json.BytesConsumed - header.DataOffset;
        }
        catch (JsonException exception)
        {
            string where = header.Name is { } name ? $"data of input '{name}'" : $"data of inputs[{index}]";
            throw new JsonException(
                exception.Message,
                where,
                exception.LineNumber,
                exception.BytePositionInLine,
                exception
            );
        }
    }

    private static void ReadParameters(ref Utf8JsonReader json, ref InputHeader header)
    {
        if (!RequestJson.Enter(ref json, JsonTokenType.StartObject, "'parameters' must be an object"))
        {
            return;
        }
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("binary_data_size"u8))
            {
                json.Read();
                if (
                    json.TokenType != JsonTokenType.Number
                    || !json.TryGetInt32(out header.BinarySize)
                    || header.BinarySize < 0
                )
                {
                    throw RequestJson.Invalid($"'binary_data_size' must be a number of bytes from 0 to {int.MaxValue}");
                }
            }
            else if (json.ValueTextEquals("shared_memory_region"u8))
            {
                header.Region = RequestJson.Text(ref json, "shared_memory_region");
            }
            else if (json.ValueTextEquals("shared_memory_offset"u8))
            {
                header.RegionOffset = RequestJson.Size(ref json, "shared_memory_offset");
            }
            else if (json.ValueTextEquals("shared_memory_byte_size"u8))
            {
                header.RegionSize = RequestJson.Size(ref json, "shared_memory_byte_size");
            }
            else
            {
                RequestJson.Skip(ref json);
            }
        }
    }

    private static TensorDatatype Datatype(ref Utf8JsonReader json, int index)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            throw RequestJson.Invalid(
                $"inputs[{index}] has a 'datatype' that is no string; allowed: {TensorDatatypes.AllNames}"
            );
        }
        if (!json.ValueIsEscaped && TensorDatatypes.TryParse(json.ValueSpan, out TensorDatatype datatype))
        {
            return datatype;
        }
        throw RequestJson.Invalid(
            $"inputs[{index}] has datatype '{json.GetString()}'; allowed: {TensorDatatypes.AllNames}"
        );
    }

    private static long[] Shape(ref Utf8JsonReader json, int index)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw RequestJson.Invalid($"inputs[{index}] must have an array of numbers as 'shape'");
        }
        Span<long> shape = stackalloc long[MaxRank];
        int rank = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (rank == MaxRank)
            {
                throw RequestJson.Invalid($"inputs[{index}] has more than {MaxRank} dimensions");
            }
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out shape[rank++]))
            {
                throw RequestJson.Invalid($"inputs[{index}] has a dimension that is no 64-bit integer");
            }
        }

        return shape[..rank].ToArray();
    }
}
