using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansInference.Gateway.Http;

/// <summary>Maps paths so that HEAD is taken where GET is, and a wrong method is answered in the protocol's form.</summary>
internal static class RouteMap
{
    /// <summary>Maps a path to its one method; any other is answered 405, OPTIONS with the methods.</summary>
    public static void MapOnly(this IEndpointRouteBuilder app, string method, string path, RequestDelegate handler) =>
        app.MapOnly([method], path, handler);

    /// <summary>Maps a path to its methods; any other is answered 405, OPTIONS with the methods.</summary>
    public static void MapOnly(this IEndpointRouteBuilder app, string[] methods, string path, RequestDelegate handler)
    {
        // The server sends no body to HEAD, whatever the handler writes.
        string[] served = methods.Contains(HttpMethods.Get) ? [.. methods, HttpMethods.Head] : methods;
        string allowed = string.Join(", ", served.Append(HttpMethods.Options));
        string taken = string.Join(" or ", methods);
        app.MapMethods(path, served, handler);
        app.Map(path, (RequestDelegate)AnswerOtherAsync);

        Task AnswerOtherAsync(HttpContext context)
        {
            if (HttpMethods.IsOptions(context.Request.Method))
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                context.Response.Headers.Allow = allowed;
                return Task.CompletedTask;
            }
            string message = $"{context.Request.Path} takes {taken}, not {context.Request.Method}";
            return ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, message, allowed);
        }
    }
}
