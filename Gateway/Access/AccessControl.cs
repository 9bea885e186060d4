using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.JsonWebTokens;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Inference;
using OrleansInference.Gateway.Warmup;

namespace OrleansInference.Gateway.Access;

/// <summary>
/// Identifies the caller of every request. It refuses requests of other origins, and those without a valid key, token
/// or log-in where one is asked for. It also refuses callers without the role that the call needs.
/// </summary>
internal sealed class AccessControl(
    ApiKeyFile? keys,
    AccessTokens tokens,
    WarmupToken warmup,
    IOptions<AccessOptions> options,
    AuditLog audit
)
{
    /// <summary>A header that the dashboard sends with each request. Pages of other origins cannot send it.</summary>
    public const string OwnHeader = "X-Requested-With";

    private const string BearerScheme = "Bearer ";

    private readonly RequestOrigin _origin = new(options.Value);

    /// <summary>Whether a key or token is needed at all.</summary>
    public bool AsksForKeys => keys is not null || options.Value.TakesTokens;

    /// <summary>The middleware.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        if (warmup.IsOwn(request))
        {
            // The server's own requests are in no metric, ASP.NET's included.
            if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
            {
                metrics.MetricsDisabled = true;
            }
            context.Features.Set(Caller.Warmup);
            await next(context);
            return;
        }

        SecureHeaders(context.Response.Headers);
        Role? needed = Roles.Required(request.Method, request.Path);
        // Also where no keys are asked for: any page in a browser reaches this machine's loopback (ADR 15).
        if (_origin.FindProblem(request, !AsksForKeys) is { } foreign)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, foreign, "", null);
            return;
        }

        // The name is a hash, and made only where it is written down.
        (Caller? caller, Func<string> who, bool byCookie) = await IdentifyAsync(context);
        if (caller is null && needed is null)
        {
            caller = Anonymous(request);
        }
        if (caller is null)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status401Unauthorized,
                "an API key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
                who(),
                null
            );
            return;
        }

        if (caller.Role < needed)
        {
            await RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                $"this needs the role {Name(needed.Value)}; the key has the role {Name(caller.Role)}",
                who(),
                caller.Role
            );
            return;
        }

        bool changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        // A browser adds the cookie to requests of any page, but not this header (cross-site request forgery).
        if (byCookie && changes && request.Headers[OwnHeader].ToString() != "dashboard")
        {
            await RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                $"a request of a log-in must carry '{OwnHeader}: dashboard'",
                who(),
                caller.Role
            );
            return;
        }

        context.Features.Set(caller);
        await next(context);
        // An entry for each inference would drown the operators' actions.
        if (changes && needed > Role.Infer)
        {
            audit.Write(context, who(), caller.Role, context.Response.StatusCode);
        }
    }

    /// <summary>Finds the caller that a key or token belongs to; null for none.</summary>
    public async Task<Caller?> FindAsync(HttpContext context, string key)
    {
        if (keys?.Find(key) is { } known)
        {
            return known;
        }
        if (!options.Value.TakesTokens)
        {
            return null;
        }
        // The token handler reads this header alone; the key may come from X-API-Key or a log-in's body.
        context.Request.Headers.Authorization = BearerScheme + key;
        return await tokens.FindAsync(context);
    }

    /// <summary>The caller of a request that needs no key.</summary>
    public static Caller Anonymous(HttpRequest request) =>
        request.Headers.ContainsKey("X-Tenant")
            ? new Caller(InferHeaders.Tenant(request), 1, 0)
            : CallerFeature.Unnamed;

    /// <summary>The name of a key in logs: the beginning of its hash.</summary>
    public static string NameOf(string key) => Convert.ToHexStringLower(ApiKey.HashOf(key))[..12];

    /// <summary>When a token ends; null for a key.</summary>
    public static DateTimeOffset? ExpiryOf(string key)
    {
        JsonWebTokenHandler reader = new();
        // A token has three parts with dots between them.
        return key.Count(letter => letter == '.') == 2 && reader.CanReadToken(key)
            ? new DateTimeOffset(reader.ReadJsonWebToken(key).ValidTo, TimeSpan.Zero)
            : null;
    }

    /// <summary>
    /// Identifies the caller of a request. The name of its key is made only where something is logged, because the key
    /// is hashed for it.
    /// </summary>
    private async Task<(Caller? Caller, Func<string> Who, bool ByCookie)> IdentifyAsync(HttpContext context)
    {
        if (!AsksForKeys)
        {
            return (Anonymous(context.Request), static () => "anonymous", false);
        }
        if (Key(context.Request) is { } key)
        {
            return (await FindAsync(context, key), () => NameOf(key), false);
        }
        if (context.Request.Headers.Cookie.Count == 0 || await DashboardSession.FindAsync(context) is not { } session)
        {
            return (null, static () => "nobody", false);
        }
        // A key that was taken away ends its log-ins; a token's log-in ends with the token.
        bool isValid = keys is null || keys.Knows(session.Key) || options.Value.TakesTokens;
        return (isValid ? session.Caller : null, () => session.Key, true);
    }

    private static string? Key(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out StringValues own))
        {
            return own.ToString();
        }
        string authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase)
            ? authorization[BearerScheme.Length..].Trim()
            : null;
    }

    private static void SecureHeaders(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static string Name(Role role) => role.ToString().ToLowerInvariant();

    private Task RefuseAsync(HttpContext context, int status, string message, string who, Role? role)
    {
        audit.Write(context, who, role, status);
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            // gRPC's answer without a message: the status is in the headers.
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = status == StatusCodes.Status401Unauthorized ? "16" : "7";
            context.Response.Headers["grpc-message"] = message;
            return context.Response.CompleteAsync();
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }
        return ErrorResponse.WriteAsync(context, status, message);
    }
}
