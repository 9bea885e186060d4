using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace OrleansInference.Gateway.Access;

/// <summary>Access tokens of an OpenID Connect provider, as callers.</summary>
internal sealed class AccessTokens(IOptions<AccessOptions> options)
{
    /// <summary>Name of the authentication scheme.</summary>
    public const string Scheme = "token";

    /// <summary>
    /// Finds the caller that the request's token belongs to. Null for no token, or one that is forged, expired, for
    /// another audience or without a role.
    /// </summary>
    public async Task<Caller?> FindAsync(HttpContext context)
    {
        if (!options.Value.TakesTokens)
        {
            return null;
        }
        AuthenticateResult result = await context.AuthenticateAsync(Scheme);
        return result.Succeeded ? Caller(result.Principal) : null;
    }

    /// <summary>The caller that claims describe; null where they have no role.</summary>
    public Caller? Caller(ClaimsPrincipal principal)
    {
        // Providers send several roles as several claims, or as one with blanks between them.
        Role[] roles =
        [
            .. principal
                .FindAll(options.Value.RoleClaim)
                .SelectMany(claim => claim.Value.Split(' '))
                .Select(RoleOf)
                .Where(role => role is not null)
                .Select(role => role!.Value),
        ];
        string tenant =
            principal.FindFirst(options.Value.TenantClaim)?.Value ?? principal.FindFirst("sub")?.Value ?? "default";
        return roles.Length == 0 ? null : new Caller(tenant, Weight: 1, QuotaPerSecond: 0, roles.Max());
    }

    /// <summary>A role by its name; null where there is none.</summary>
    public static Role? RoleOf(string name) =>
        name switch
        {
            "infer" => Role.Infer,
            "operate" => Role.Operate,
            "admin" => Role.Admin,
            _ => null,
        };
}
