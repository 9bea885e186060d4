using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace OrleansInference.Gateway.Access;

/// <summary>Registers the services that identify callers.</summary>
internal static class AccessRegistration
{
    /// <summary>Adds access tokens, log-ins and the audit log.</summary>
    public static IServiceCollection AddGatewayAccess(this IServiceCollection services)
    {
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<AuditLog>();
        services.AddSingleton<DashboardSession>();
        // Log-ins end with the process: nothing that opens them is written to a disk.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services
            .AddAuthentication()
            .AddJwtBearer(AccessTokens.Scheme, _ => { })
            .AddCookie(
                DashboardSession.Scheme,
                cookie =>
                {
                    cookie.Cookie.Name = "oinf-dashboard";
                    cookie.Cookie.HttpOnly = true;
                    cookie.Cookie.SameSite = SameSiteMode.Strict;
                    cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                    cookie.SlidingExpiration = false;
                }
            );
        services
            .AddOptions<JwtBearerOptions>(AccessTokens.Scheme)
            .Configure<IOptions<AccessOptions>>((jwt, access) => Configure(jwt, access.Value));
        return services;
    }

    private static void Configure(JwtBearerOptions jwt, AccessOptions access)
    {
        jwt.MapInboundClaims = false;
        jwt.IncludeErrorDetails = false;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidAudience = access.Audience,
            ValidateIssuer = access.Authority.Length > 0 || access.Issuer.Length > 0,
            ValidIssuer = access.Issuer.Length > 0 ? access.Issuer : null,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ValidateIssuerSigningKey = true,
            ClockSkew = TimeSpan.FromSeconds(30),
        };
        if (access.Authority.Length > 0)
        {
            jwt.Authority = access.Authority;
            // Keys that come over a network without TLS could be anybody's.
            jwt.RequireHttpsMetadata = !(
                Uri.TryCreate(access.Authority, UriKind.Absolute, out Uri? authority) && authority.IsLoopback
            );
            return;
        }

        if (access.TokenKeyFile.Length > 0)
        {
            jwt.TokenValidationParameters.IssuerSigningKey = Key(access.TokenKeyFile);
        }
    }

    private static SecurityKey Key(string path)
    {
        try
        {
            string pem = File.ReadAllText(path);
            try
            {
                RSA rsa = RSA.Create();
                rsa.ImportFromPem(pem);
                return new RsaSecurityKey(rsa);
            }
            catch (CryptographicException)
            {
                ECDsa curve = ECDsa.Create();
                curve.ImportFromPem(pem);
                return new ECDsaSecurityKey(curve);
            }
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException
            )
        {
            throw new OptionsValidationException(
                nameof(AccessOptions),
                typeof(AccessOptions),
                [$"Access:TokenKeyFile '{path}' is no PEM public key (RSA or EC): {exception.Message}"]
            );
        }
    }
}
