using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Http;

/// <summary>Answers the protocol's smaller calls: JSON, or an error in the protocol's form.</summary>
internal sealed class JsonAnswer(UnexpectedFailure unexpected)
{
    /// <summary>Runs a handler, and answers the exception that it throws.</summary>
    public async Task AnsweredAsync(HttpContext context, string call, Func<Task> answer)
    {
        try
        {
            await answer();
        }
        catch (InferenceException exception)
        {
            await ErrorResponse.WriteAsync(context, exception.Error, exception.Message);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            await ErrorResponse.WriteAsync(context, InferenceError.Internal, unexpected.Report(call, exception));
        }
    }

    /// <summary>Writes a JSON value.</summary>
    public static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json";
        await using Utf8JsonWriter json = new(context.Response.BodyWriter);
        write(json);
    }

    /// <summary>Writes a JSON object's members.</summary>
    public static Task WriteObjectAsync(HttpContext context, Action<Utf8JsonWriter> members) =>
        WriteAsync(
            context,
            json =>
            {
                json.WriteStartObject();
                members(json);
                json.WriteEndObject();
            }
        );

    /// <summary>Answers with an empty success.</summary>
    public static Task DoneAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status200OK;
        return Task.CompletedTask;
    }
}
