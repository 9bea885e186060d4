using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Gateway.Mapping;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>The protocol's error body, <c>{"error":"..."}</c>.</summary>
internal static class ErrorResponse
{
    /// <summary>Answers with an inference error.</summary>
    public static Task WriteAsync(HttpContext context, InferenceError error, string message) =>
        WriteAsync(context, InferenceErrorMapping.ToHttp(error), message);

    /// <summary>Answers with an HTTP status.</summary>
    public static async Task WriteAsync(HttpContext context, int status, string message)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        if (context.RequestAborted.IsCancellationRequested) return;
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (status is 429 or 503) context.Response.Headers.RetryAfter = "1";
        context.Response.ContentType = "application/json";
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["error"] = message });
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    }
}
