using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace OrleansInference.AspNetBaseline;

/// <summary>POST /v2/models/{model}/infer with binary tensors. The session runs on the request's own thread.</summary>
internal sealed class InferEndpoint(FrozenDictionary<string, ServedModel> models)
{
    public async Task HandleAsync(HttpContext context)
    {
        var name = (string)context.Request.RouteValues["model"]!;
        if (!models.TryGetValue(name, out var model))
        {
            await FailAsync(context.Response, 404, $"Request for unknown model: '{name}' is not found");
            return;
        }

        if (
            context.Request.ContentLength is not { } length
            || length > int.MaxValue / 2
            || !int.TryParse(
                context.Request.Headers["Inference-Header-Content-Length"],
                CultureInfo.InvariantCulture,
                out var headerLength
            )
            || headerLength <= 0
            || headerLength > length
        )
        {
            await FailAsync(context.Response, 400, "Content-Length and Inference-Header-Content-Length are required");
            return;
        }

        var slot = model.Rent();
        try
        {
            await slot.ReadAsync(context.Request.BodyReader, (int)length, headerLength);
            slot.RunAndWrite(context.Response);
        }
        catch (Exception exception)
            when (exception
                    is RequestFormatException
                        or JsonException
                        or OverflowException
                        or OnnxRuntimeException
                        or InvalidOperationException
            )
        {
            await FailAsync(context.Response, 400, exception.Message);
        }
        finally
        {
            model.Return(slot);
        }
    }

    private static Task FailAsync(HttpResponse response, int status, string message)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        return response.WriteAsync($"{{\"error\":{JsonSerializer.Serialize(message, ErrorText.Default.String)}}}");
    }
}
