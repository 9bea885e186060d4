using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansInference.Gateway.Http;

/// <summary>Maps paths so that a wrong method is answered in the protocol's form.</summary>
internal static class RouteMap
{
    /// <summary>Maps a path to its one method; any other is answered 405.</summary>
    public static void MapOnly(this IEndpointRouteBuilder app, string method, string path, RequestDelegate handler)
    {
        app.MapMethods(path, [method], handler);
        app.Map(path, (RequestDelegate)RefuseAsync);

        Task RefuseAsync(HttpContext context)
        {
            string message = $"{context.Request.Path} takes {method}, not {context.Request.Method}";
            return ErrorResponse.WriteAsync(context, StatusCodes.Status405MethodNotAllowed, message, method);
        }
    }
}
