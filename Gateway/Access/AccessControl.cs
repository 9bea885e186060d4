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
    private readonly CrossOrigin _crossOrigin = new(options.Value);

    /// <summary>Whether a key or token is needed at all.</summary>
    public bool AsksForKeys => keys is not null || options.Value.TakesTokens;

    /// <summary>The middleware.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
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
            return next(context);
        }

        Role? needed = Roles.Required(request.Method, request.Path);
        bool canBeOfBrowser = RequestOrigin.CanBeOfBrowser(request);
        // Only browsers heed them; on the way of every inference they cost as much as the rest of the headers.
        if (needed != Role.Infer || canBeOfBrowser)
        {
            SecureHeaders.Add(context.Response.Headers);
        }
        // Also where no keys are asked for: any page in a browser reaches this machine's loopback (ADR 15).
        if (_origin.FindProblem(request, !AsksForKeys) is { } foreign)
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, foreign, "", null);
        }

        if (canBeOfBrowser && _crossOrigin.TryAnswer(context))
        {
            return Task.CompletedTask;
        }

        // Nearly every request's caller is known without waiting: no state machine for those.
        return IdentifyAtOnce(request) is { } identity
            ? ServeAsync(context, next, identity, needed)
            : IdentifyAndServeAsync(context, next, needed);
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

    private async Task IdentifyAndServeAsync(HttpContext context, RequestDelegate next, Role? needed) =>
        await ServeAsync(context, next, await IdentifyAsync(context), needed);

    private Task ServeAsync(HttpContext context, RequestDelegate next, in Identity identity, Role? needed)
    {
        HttpRequest request = context.Request;
        Caller? caller = identity.Caller ?? (needed is null ? Anonymous(request) : null);
        if (caller is null)
        {
            return RefuseAsync(
                context,
                StatusCodes.Status401Unauthorized,
                "an API key is needed: send it as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
                identity.Who,
                null
            );
        }

        if (caller.Role < needed)
        {
            return RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                $"this needs the role {Name(needed.Value)}; the key has the role {Name(caller.Role)}",
                identity.Who,
                caller.Role
            );
        }

        bool changes = !Roles.IsRead(request.Method);
        // A browser adds the cookie to requests of any page, but not this header (cross-site request forgery).
        if (identity.IsByCookie && changes && request.Headers[OwnHeader].ToString() != "dashboard")
        {
            return RefuseAsync(
                context,
                StatusCodes.Status403Forbidden,
                $"a request of a log-in must carry '{OwnHeader}: dashboard'",
                identity.Who,
                caller.Role
            );
        }

        context.Features.Set(caller);
        // An entry for each inference would drown the operators' actions.
        return changes && needed > Role.Infer
            ? ServeAuditedAsync(context, next, identity.Who, caller.Role)
            : next(context);
    }

    private async Task ServeAuditedAsync(HttpContext context, RequestDelegate next, string who, Role role)
    {
        await next(context);
        audit.Write(context, who, role, context.Response.StatusCode);
    }

    /// <summary>The caller of a request where no token or log-in must be read for it; null else.</summary>
    private Identity? IdentifyAtOnce(HttpRequest request)
    {
        if (!AsksForKeys)
        {
            return new Identity(Anonymous(request), "anonymous");
        }
        return Key(request) is { } key && keys?.Find(key) is { } known ? Identity.OfKey(known, key) : null;
    }

    private async Task<Identity> IdentifyAsync(HttpContext context)
    {
        if (Key(context.Request) is { } key)
        {
            return Identity.OfKey(await FindAsync(context, key), key);
        }
        if (context.Request.Headers.Cookie.Count == 0 || await DashboardSession.FindAsync(context) is not { } session)
        {
            return new Identity(null, "nobody");
        }
        // A key that was taken away ends its log-ins; a token's log-in ends with the token.
        bool isValid = keys is null || keys.Knows(session.Key) || options.Value.TakesTokens;
        return new Identity(isValid ? session.Caller : null, session.Key) { IsByCookie = true };
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
