using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using OrleansInference.Gateway.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>Says of every request who sent it, and refuses those without a valid key where keys are asked for.</summary>
internal sealed class AccessControl(ApiKeyFile? keys)
{
    private const string Scheme = "Bearer ";

    /// <summary>Whether a key is needed at all.</summary>
    public bool AsksForKeys => keys is not null;

    /// <summary>The middleware.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        Caller? caller = keys is null ? Anonymous(context.Request) : Key(context.Request) is { } key ? keys.Find(key) : null;
        if (caller is null)
        {
            // Orchestrators and load balancers have no key.
            if (!IsHealth(context.Request.Path)) return RefuseAsync(context);
            caller = Anonymous(context.Request);
        }

        context.Features.Set(caller);
        return next(context);
    }

    private static bool IsHealth(PathString path) => path.StartsWithSegments("/v2/health", StringComparison.Ordinal)
        || path.Equals("/inference.GRPCInferenceService/ServerLive", StringComparison.Ordinal)
        || path.Equals("/inference.GRPCInferenceService/ServerReady", StringComparison.Ordinal);

    /// <summary>Who sends a request that needs no key.</summary>
    public static Caller Anonymous(HttpRequest request) => request.Headers.ContainsKey("X-Tenant") ? new Caller(InferHeaders.Tenant(request), 1, 0) : CallerFeature.Unnamed;

    private static string? Key(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out StringValues own)) return own.ToString();
        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : null;
    }

    private static Task RefuseAsync(HttpContext context)
    {
        const string Message = "an API key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'";
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            // gRPC's answer without a message: the status is in the headers.
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "16";
            context.Response.Headers["grpc-message"] = Message;
            return context.Response.CompleteAsync();
        }

        context.Response.Headers.WWWAuthenticate = "Bearer";
        return ErrorResponse.WriteAsync(context, StatusCodes.Status401Unauthorized, Message);
    }
}
