using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OrleansInference.Tests.Shared;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace OrleansInference.Silo.Tests.Access;

/// <summary>
/// An OpenID Connect provider: OpenIddict's server, which gives clients tokens for themselves. A client's name is its
/// role, its secret is <c>secret</c>.
/// </summary>
internal sealed class OpenIdProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OpenIdProvider(WebApplication app, Uri address)
    {
        _app = app;
        Address = address;
    }

    /// <summary>Its address, the tokens' issuer.</summary>
    public Uri Address { get; }

    public static async Task<OpenIdProvider> StartAsync(string audience = "orleans-inference")
    {
        Uri address = new($"http://127.0.0.1:{FreePorts.Take(1)[0]}/");
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.ToString());
        builder
            .Services.AddOpenIddict()
            .AddServer(server =>
            {
                server
                    .SetIssuer(address)
                    .SetTokenEndpointUris("token")
                    .AllowClientCredentialsFlow()
                    .EnableDegradedMode();
                server.AddEphemeralSigningKey().AddEphemeralEncryptionKey().DisableAccessTokenEncryption();
                server.AddEventHandler<ValidateTokenRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        if (context.ClientSecret != "secret")
                        {
                            context.Reject(OpenIddictConstants.Errors.InvalidClient);
                        }
                        return default;
                    })
                );
                server.AddEventHandler<HandleTokenRequestContext>(handler =>
                    handler.UseInlineHandler(context =>
                    {
                        ClaimsIdentity identity = new("openid");
                        identity
                            .SetClaim(OpenIddictConstants.Claims.Subject, context.ClientId)
                            .SetClaim("roles", context.ClientId)
                            .SetClaim("tenant", "a-team")
                            .SetAudiences(audience)
                            .SetDestinations(_ => [OpenIddictConstants.Destinations.AccessToken]);
                        context.Principal = new ClaimsPrincipal(identity);
                        return default;
                    })
                );
                server.UseAspNetCore().DisableTransportSecurityRequirement();
            });
        WebApplication app = builder.Build();
        app.UseAuthentication();
        await app.StartAsync();
        return new OpenIdProvider(app, address);
    }

    /// <summary>A token as a service gets one: by its own name and secret.</summary>
    public async Task<string> TokenAsync(string client)
    {
        using HttpClient http = new();
        using FormUrlEncodedContent form = new(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = client,
                ["client_secret"] = "secret",
            }
        );
        using HttpResponseMessage answer = await http.PostAsync(new Uri(Address, "token"), form);
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.TryGetProperty("access_token", out JsonElement token)
            ? token.GetString()!
            : throw new InvalidOperationException(body.ToString());
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
