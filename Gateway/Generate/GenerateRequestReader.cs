using System.Text.Json;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;

namespace OrleansInference.Gateway.Generate;

/// <summary>
/// Reads a request of the generate extension: writes it in the protocol's own JSON, which is then read as any other.
/// </summary>
internal static class GenerateRequestReader
{
    /// <summary>
    /// Reads it. A member named like an input is that tensor: a value, or an array of values. <c>id</c> is the request's,
    /// any other member, and those of <c>parameters</c>, are parameters.
    /// </summary>
    /// <exception cref="InferenceException">The request is malformed; the message says where.</exception>
    public static ParsedInferRequest Read(in RequestBody body, ModelMetadata model)
    {
        if (body.JsonLength == 0)
        {
            throw RequestJson.Invalid("the request body is empty; expected a JSON object with the model's inputs");
        }
        JsonBuffer target = JsonBuffer.Rent();
        try
        {
            List<Member> members = [];
            Utf8JsonReader json = new(body.Json, RequestJson.Depth);
            ReadObject(ref json, model, members);
            Write(target.Json, body.Json, members, model);
            using RequestBodyBuilder builder = new(BodyForm.Json, int.MaxValue, target.Written.Length, null);
            builder.Add(target.Written.Span);
            using RequestBody rewritten = builder.Build();
            return InferRequestReader.Read(rewritten);
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
            target.Return();
        }
    }

    private static void ReadObject(ref Utf8JsonReader json, ModelMetadata model, List<Member> members)
    {
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
        {
            throw RequestJson.Invalid("the request must be a JSON object");
        }
        ReadMembers(ref json, model, members, isNested: false);
        while (json.Read())
        {
            // Only the end of the text may follow; the reader throws on anything else.
        }
    }

    private static void ReadMembers(ref Utf8JsonReader json, ModelMetadata model, List<Member> members, bool isNested)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            int start = (int)json.TokenStartIndex;
            if (Array.Find(model.Inputs, input => input.Name == name) is { } input)
            {
                AddInput(ref json, input, members, start);
            }
            else if (!isNested && name == "parameters" && json.TokenType == JsonTokenType.StartObject)
            {
                ReadMembers(ref json, model, members, isNested: true);
            }
            else if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                throw RequestJson.Invalid(
                    $"'{name}' must be a string, a number or a boolean: model '{model.Name}' has no such input; its "
                        + $"inputs are: {Names(model)}"
                );
            }
            else
            {
                MemberKind kind = !isNested && name == "id" ? MemberKind.Id : MemberKind.Parameter;
                members.Add(new Member(kind, name, null, start, (int)json.BytesConsumed - start, 0));
            }
        }
    }

    private static void AddInput(ref Utf8JsonReader json, TensorMetadata input, List<Member> members, int start)
    {
        long count = 1;
        if (json.TokenType == JsonTokenType.StartArray)
        {
            count = 0;
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                RequireValue(json.TokenType, input.Name);
                count++;
            }
        }
        else
        {
            RequireValue(json.TokenType, input.Name);
        }
        int length = (int)json.BytesConsumed - start;
        members.Add(new Member(MemberKind.Input, input.Name, input, start, length, count));
    }

    private static void RequireValue(JsonTokenType token, string input)
    {
        if (token is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.Null)
        {
            throw RequestJson.Invalid($"input '{input}' must be a value, or an array of values");
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> text, List<Member> members, ModelMetadata model)
    {
        if (!members.Exists(member => member.Kind == MemberKind.Input))
        {
            throw RequestJson.Invalid(
                $"the request has no input of model '{model.Name}'; its inputs are: {Names(model)}"
            );
        }
        json.WriteStartObject();
        json.WriteStartObject("parameters"u8);
        foreach (Member parameter in members.Where(member => member.Kind == MemberKind.Parameter))
        {
            json.WritePropertyName(parameter.Name);
            json.WriteRawValue(parameter.In(text), skipInputValidation: true);
        }
        json.WriteEndObject();
        foreach (Member id in members.Where(member => member.Kind == MemberKind.Id))
        {
            json.WritePropertyName("id"u8);
            json.WriteRawValue(id.In(text), skipInputValidation: true);
        }
        json.WriteStartArray("inputs"u8);
        foreach (Member input in members.Where(member => member.Kind == MemberKind.Input))
        {
            WriteInput(json, text, input);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteInput(Utf8JsonWriter json, ReadOnlySpan<byte> text, in Member member)
    {
        TensorMetadata input = member.Input!;
        json.WriteStartObject();
        json.WriteString("name"u8, input.Name);
        json.WriteString("datatype"u8, input.Datatype.WireName());
        json.WriteStartArray("shape"u8);
        foreach (long dimension in Shape(input, member.Count))
        {
            json.WriteNumberValue(dimension);
        }
        json.WriteEndArray();
        json.WritePropertyName("data"u8);
        ReadOnlySpan<byte> data = member.In(text);
        if (data[0] == (byte)'[')
        {
            json.WriteRawValue(data, skipInputValidation: true);
        }
        else
        {
            json.WriteStartArray();
            json.WriteRawValue(data, skipInputValidation: true);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    /// <summary>
    /// As Triton does: the innermost free dimension takes what the fixed ones leave, any other free one is 1.
    /// </summary>
    private static long[] Shape(TensorMetadata input, long count)
    {
        long[] shape = [.. input.Shape];
        long known = 1;
        foreach (long dimension in shape.Where(dimension => dimension >= 0))
        {
            known *= dimension;
        }
        int free = Array.LastIndexOf(shape, -1);
        bool fits = known == 0 ? count == 0 : count % known == 0 && (free >= 0 || count == known);
        if (!fits)
        {
            throw RequestJson.Invalid(
                $"input '{input.Name}' has {count} elements, which fill no tensor of shape {TensorShape.Format(shape)}"
            );
        }
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] < 0)
            {
                shape[i] = i == free && known > 0 ? count / known : 1;
            }
        }
        return shape;
    }

    private static string Names(ModelMetadata model) => string.Join(", ", model.Inputs.Select(input => input.Name));

    private enum MemberKind
    {
        Id,
        Parameter,
        Input,
    }

    /// <summary>A member of the request, and where its value stands in the text.</summary>
    private readonly record struct Member(
        MemberKind Kind,
        string Name,
        TensorMetadata? Input,
        int Start,
        int Length,
        long Count
    )
    {
        public ReadOnlySpan<byte> In(ReadOnlySpan<byte> text) => text.Slice(Start, Length);
    }
}
