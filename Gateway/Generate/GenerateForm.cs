using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Grains.Interfaces.Models;
using OrleansInference.Protocol.Json;

namespace OrleansInference.Gateway.Generate;

/// <summary>
/// Triton's generate extension: a request and its answer are one flat JSON object, whose members are the tensors. As a
/// stream the answer is one server-sent event, because a model gives one answer to a request here.
/// </summary>
internal sealed class GenerateForm(IModelCatalog catalog, bool isStream) : IInferForm
{
    /// <inheritdoc />
    public ParsedInferRequest Read(in RequestBody body, BodyForm form, string model, string version)
    {
        if (!form.IsJson)
        {
            throw RequestJson.Invalid($"generate takes JSON alone, without {InferRequestJson.LengthHeader}");
        }
        return GenerateRequestReader.Read(body, catalog.GetMetadata(model, version));
    }

    /// <inheritdoc />
    public ValueTask WriteAsync(HttpContext context, ParsedInferRequest request, InferenceAnswer response)
    {
        JsonBuffer json = JsonBuffer.Rent();
        try
        {
            WriteJson(json.Json, request, response);
            ReadOnlySpan<byte> before = isStream ? "data: "u8 : [];
            ReadOnlySpan<byte> behind = isStream ? "\n\n"u8 : [];
            context.Response.ContentType = isStream ? "text/event-stream; charset=utf-8" : "application/json";
            context.Response.ContentLength = before.Length + json.Written.Length + behind.Length;
            PipeWriter writer = context.Response.BodyWriter;
            writer.Write(before);
            writer.Write(json.Written.Span);
            writer.Write(behind);
            return ValueTask.CompletedTask;
        }
        finally
        {
            json.Return();
        }
    }

    private static void WriteJson(Utf8JsonWriter json, ParsedInferRequest request, InferenceAnswer response)
    {
        json.WriteStartObject();
        if (request.Id is not null)
        {
            json.WriteString("id"u8, request.Id);
        }
        json.WriteString("model_name"u8, response.ModelName);
        json.WriteString("model_version"u8, response.ModelVersion);
        foreach (Tensor output in response.Outputs)
        {
            json.WritePropertyName(output.Name);
            WriteContents(json, output);
        }
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>An array of all elements, or the element where there is one.</summary>
    private static void WriteContents(Utf8JsonWriter json, Tensor output)
    {
        TensorShape.TryCount(output.Shape, out long elements);
        if (elements != 1)
        {
            TensorJsonWriter.Write(json, output);
            return;
        }
        JsonBuffer array = JsonBuffer.Rent();
        try
        {
            TensorJsonWriter.Write(array.Json, output);
            array.Json.Flush();
            json.WriteRawValue(array.Written.Span[1..^1], skipInputValidation: true);
        }
        finally
        {
            array.Return();
        }
    }
}
