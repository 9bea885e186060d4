using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansInference.Gateway.Http;

namespace OrleansInference.Gateway.Access;

/// <summary>
/// Log-in of the dashboard. It exchanges a key or token for a cookie that scripts cannot read and other sites cannot
/// send.
/// </summary>
internal sealed class DashboardSession(
    AccessControl access,
    IOptions<AccessOptions> options,
    JsonAnswer answer,
    TimeProvider time
)
{
    /// <summary>Name of the authentication scheme.</summary>
    public const string Scheme = "dashboard";

    private const string KeyClaim = "key";
    private const string TenantClaim = "tenant";
    private const string RoleClaim = "role";
    private const string WeightClaim = "weight";
    private const string QuotaClaim = "quota";

    /// <summary><c>POST /dashboard/login</c> with <c>key</c>.</summary>
    public Task LogInAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "login",
            async () =>
            {
                string? key = null;
                await SmallBody.ReadAsync(
                    context,
                    (ref Utf8JsonReader json, string name) =>
                        key =
                            name == "key" && json.TokenType == JsonTokenType.String
                                ? json.GetString()
                                : throw RequestJson.Invalid("expected {\"key\": an API key or access token}")
                );
                if (key is null)
                {
                    throw RequestJson.Invalid("'key' is missing: an API key or access token");
                }
                if (await access.FindAsync(context, key) is not { } caller)
                {
                    await ErrorResponse.WriteAsync(context, StatusCodes.Status401Unauthorized, "this is no valid key");
                    return;
                }

                // The cookie has the key's name, from which nobody can make the key.
                ClaimsIdentity identity = new(
                    [
                        new Claim(KeyClaim, AccessControl.NameOf(key)),
                        new Claim(TenantClaim, caller.Tenant),
                        new Claim(RoleClaim, $"{(int)caller.Role}"),
                        new Claim(WeightClaim, caller.Weight.ToString(CultureInfo.InvariantCulture)),
                        new Claim(QuotaClaim, caller.QuotaPerSecond.ToString(CultureInfo.InvariantCulture)),
                    ],
                    Scheme
                );
                DateTimeOffset ends = time.GetUtcNow().AddHours(options.Value.SessionHours);
                // No longer than the token that it was changed for.
                if (AccessControl.ExpiryOf(key) is { } expires && expires < ends)
                {
                    ends = expires;
                }
                await context.SignInAsync(
                    Scheme,
                    new ClaimsPrincipal(identity),
                    new AuthenticationProperties { ExpiresUtc = ends, IsPersistent = false }
                );
            }
        );

    /// <summary><c>GET /dashboard/session</c>: whether keys are asked for, and who is logged in.</summary>
    public Task DescribeAsync(HttpContext context) =>
        answer.AnsweredAsync(
            context,
            "session",
            async () =>
            {
                Caller? caller = access.AsksForKeys ? (await FindAsync(context))?.Caller : CallerFeature.Unnamed;
                // A cached answer would show somebody as logged in after the log-out.
                context.Response.Headers.CacheControl = "no-store";
                await JsonAnswer.WriteObjectAsync(
                    context,
                    json =>
                    {
                        json.WriteBoolean("asks_for_keys", access.AsksForKeys);
                        json.WriteBoolean("is_logged_in", access.AsksForKeys && caller is not null);
                        if (caller is null)
                        {
                            return;
                        }
                        json.WriteString("tenant", caller.Tenant);
                        json.WriteString("role", caller.Role.ToString().ToLowerInvariant());
                    }
                );
            }
        );

    /// <summary><c>POST /dashboard/logout</c>.</summary>
    public static Task LogOutAsync(HttpContext context) => context.SignOutAsync(Scheme);

    /// <summary>The caller of the request's cookie, and the name of the key that it was exchanged for.</summary>
    public static async Task<(Caller Caller, string Key)?> FindAsync(HttpContext context)
    {
        AuthenticateResult result = await context.AuthenticateAsync(Scheme);
        if (!result.Succeeded)
        {
            return null;
        }
        ClaimsPrincipal principal = result.Principal;
        string Value(string claim) => principal.FindFirst(claim)?.Value ?? "";
        return (
            new Caller(
                Value(TenantClaim),
                double.Parse(Value(WeightClaim), CultureInfo.InvariantCulture),
                double.Parse(Value(QuotaClaim), CultureInfo.InvariantCulture),
                (Role)int.Parse(Value(RoleClaim), CultureInfo.InvariantCulture)
            ),
            Value(KeyClaim)
        );
    }
}
