using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Access;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>The protocol's error body, <c>{"error":"..."}</c>.</summary>
internal static class ErrorResponse
{
    private static readonly object RetryAfterKey = new();

    /// <summary>Answers with an inference error.</summary>
    public static Task WriteAsync(HttpContext context, InferenceError error, string message) =>
        WriteAsync(
            context,
            InferenceErrorMapping.ToHttp(
                error,
                context.RequestServices.GetRequiredService<IOptions<GatewayOptions>>().Value.TritonStatusCodes
            ),
            message
        );

    /// <summary>Refuses a request for lack of capacity, without reading its body.</summary>
    public static Task RefuseAsync(HttpContext context, in AdmissionOutcome admission)
    {
        context.Items[RetryAfterKey] = Math.Max(1, (int)Math.Ceiling(admission.RetryAfter.TotalSeconds))
            .ToString(CultureInfo.InvariantCulture);
        return WriteAsync(context, InferenceError.ResourceExhausted, admission.Message);
    }

    /// <summary>Answers with an HTTP status; for 405 with the method that the path has.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string message, string? allowedMethod = null)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        context.Response.Clear();
        // An error may repeat what the caller sent: no browser should take it for a page.
        SecureHeaders.Add(context.Response.Headers);
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = context.Items[RetryAfterKey] as string ?? "1";
        }
        // The rest of a body that is too large is not wanted: the client is told to stop sending.
        if (status == StatusCodes.Status413PayloadTooLarge)
        {
            context.Response.Headers.Connection = "close";
        }
        if (allowedMethod is not null)
        {
            context.Response.Headers.Allow = allowedMethod;
        }
        context.Response.ContentType = "application/json";
        byte[] body =
        [
            .. "{\"error\":\""u8,
            .. JsonEncodedText.Encode(message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes,
            .. "\"}"u8,
        ];
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }
}
