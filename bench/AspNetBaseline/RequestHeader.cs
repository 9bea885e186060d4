using System.Text.Json;
using OrleansInference.Protocol;

namespace OrleansInference.AspNetBaseline;

/// <summary>The JSON part of an infer request, parsed without allocating; instances are reused.</summary>
internal sealed class RequestHeader(ServedModel model)
{
    private readonly InputTensor[] inputs = [.. model.Inputs.Select(_ => new InputTensor())];
    private readonly (int Model, bool? Binary)[] outputs = new (int, bool?)[model.Outputs.Length];
    private readonly byte[] id = new byte[256];
    private int inputCount;
    private int outputCount;
    private int idLength;
    private bool binaryOutput;

    public ReadOnlySpan<InputTensor> Inputs => inputs.AsSpan(0, inputCount);

    public ReadOnlySpan<(int Model, bool? Binary)> Outputs => outputs.AsSpan(0, outputCount);

    /// <summary>The request's id as written between its quotes, escapes included.</summary>
    public ReadOnlySpan<byte> Id => id.AsSpan(0, idLength);

    public bool IsBinary(int output) => outputs[output].Binary ?? binaryOutput;

    /// <summary>
    /// Whether the tensors, and so the bound buffers and the answer's header, are those of the other.
    /// </summary>
    public bool SameTensors(RequestHeader other)
    {
        if (
            inputCount != other.inputCount
            || binaryOutput != other.binaryOutput
            || !Outputs.SequenceEqual(other.Outputs)
        )
        {
            return false;
        }
        for (var i = 0; i < inputCount; i++)
        {
            if (!inputs[i].SameAs(other.inputs[i]))
            {
                return false;
            }
        }
        return true;
    }

    public void Parse(ReadOnlySpan<byte> json)
    {
        inputCount = outputCount = idLength = 0;
        binaryOutput = false;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                while (NextElement(ref reader))
                {
                    ReadInput(ref reader);
                }
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                while (NextElement(ref reader))
                {
                    ReadOutput(ref reader);
                }
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                binaryOutput = ReadParameter(ref reader, "binary_data_output"u8) == 1;
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                ReadId(ref reader);
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        Complete();
    }

    /// <summary>The same of a gRPC request, whose tensors are all raw.</summary>
    public void Read(ModelInferRequest request)
    {
        inputCount = outputCount = idLength = 0;
        binaryOutput = true;
        if (request.RawInputContents.Count != request.Inputs.Count)
        {
            throw new RequestFormatException(
                $"{request.Inputs.Count} inputs need as many raw_input_contents, got {request.RawInputContents.Count}"
            );
        }
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var input = NextInput();
            input.Model = Find(request.Inputs[i].Name, model.Inputs);
            input.Type = TensorType.Find(request.Inputs[i].Datatype);
            input.Size = request.RawInputContents[i].Length;
            var shape = request.Inputs[i].Shape;
            for (var axis = 0; axis < shape.Count; axis++)
            {
                input.AddDimension(shape[axis]);
            }
            input.Check(model);
        }
        for (var i = 0; i < request.Outputs.Count; i++)
        {
            AddOutput(Find(request.Outputs[i].Name, model.Outputs), null);
        }
        Complete();
    }

    private void Complete()
    {
        if (inputCount != model.Inputs.Length)
        {
            throw new RequestFormatException($"expected {model.Inputs.Length} inputs, got {inputCount}");
        }
        if (outputCount == 0)
        {
            for (; outputCount < outputs.Length; outputCount++)
            {
                outputs[outputCount] = (outputCount, null);
            }
        }
    }

    private InputTensor NextInput()
    {
        if (inputCount == inputs.Length)
        {
            throw new RequestFormatException("more inputs than the model has");
        }
        var input = inputs[inputCount++];
        input.Reset();
        return input;
    }

    private void AddOutput(int index, bool? binary)
    {
        if (outputCount == outputs.Length)
        {
            throw new RequestFormatException("more outputs than the model has");
        }
        outputs[outputCount++] = index >= 0 ? (index, binary) : throw new RequestFormatException("unknown output");
    }

    private void ReadInput(ref Utf8JsonReader reader)
    {
        var input = NextInput();
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                input.Model = ReadName(ref reader, model.Inputs);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                while (NextElement(ref reader))
                {
                    input.AddDimension(reader.GetInt64());
                }
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                reader.Read();
                input.Type = TensorType.Read(ref reader);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                input.Size = ReadParameter(ref reader, "binary_data_size"u8) ?? -1;
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        input.Check(model);
    }

    private void ReadOutput(ref Utf8JsonReader reader)
    {
        var index = -1;
        bool? binary = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("name"u8))
            {
                index = ReadName(ref reader, model.Outputs);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                binary = ReadParameter(ref reader, "binary_data"u8) is { } value ? value == 1 : null;
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        AddOutput(index, binary);
    }

    private void ReadId(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.ValueSpan.Length > id.Length)
        {
            throw new RequestFormatException("id is too long");
        }
        reader.ValueSpan.CopyTo(id);
        idLength = reader.ValueSpan.Length;
    }

    private static int ReadName(ref Utf8JsonReader reader, ModelTensor[] tensors)
    {
        reader.Read();
        for (var i = 0; i < tensors.Length; i++)
        {
            if (reader.ValueTextEquals(tensors[i].NameUtf8))
            {
                return i;
            }
        }
        return -1;
    }

    private static int Find(string name, ModelTensor[] tensors)
    {
        for (var i = 0; i < tensors.Length; i++)
        {
            if (tensors[i].Name == name)
            {
                return i;
            }
        }
        return -1;
    }

    private static long? ReadParameter(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        long? value = null;
        reader.Read();
        while (NextProperty(ref reader))
        {
            var wanted = reader.ValueTextEquals(name);
            reader.Read();
            if (wanted)
            {
                value =
                    reader.TokenType == JsonTokenType.Number ? reader.GetInt64()
                    : reader.GetBoolean() ? 1
                    : 0;
            }
            else
            {
                reader.Skip();
            }
        }

        return value;
    }

    private static bool NextProperty(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static bool NextElement(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            reader.Read();
        }
        return reader.Read() && reader.TokenType != JsonTokenType.EndArray;
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
