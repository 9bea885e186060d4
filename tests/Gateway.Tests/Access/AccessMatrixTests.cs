using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Routing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OrleansInference.Gateway.Access;
using OrleansInference.Gateway.Tests.Hosting;

namespace OrleansInference.Gateway.Tests.Access;

/// <summary>Every endpoint that the running server has, asked by everybody who must not get in.</summary>
public sealed class AccessMatrixTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("access").FullName;
    private readonly RSA _authority = RSA.Create(2048);
    private readonly RSA _forger = RSA.Create(2048);
    private GatewayHost _gateway = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string keys = Path.Combine(_folder, "keys");
        string authority = Path.Combine(_folder, "authority.pem");
        await File.WriteAllTextAsync(
            keys,
            "key-infer a role=infer\nkey-operate b role=operate\nkey-admin c 1 0 role=admin\nkey-plain d\n",
            Token
        );
        await File.WriteAllTextAsync(authority, _authority.ExportSubjectPublicKeyInfoPem(), Token);
        _gateway = await GatewayHost.StartAsync(
            ("ApiKeyFile", keys),
            ("Access:TokenKeyFile", authority),
            ("Access:AuditFile", Path.Combine(_folder, "audit.jsonl"))
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        _authority.Dispose();
        _forger.Dispose();
    }

    [Fact]
    public async Task EveryEndpoint_WithoutOrWithAWrongKey_IsRefused()
    {
        List<string> let = [];
        int asked = 0;
        string expired = Signed(_authority, "admin", TimeSpan.FromHours(-1));
        string forged = Signed(_forger, "admin", TimeSpan.FromHours(1));
        string foreign = Signed(_authority, "admin", TimeSpan.FromHours(1), audience: "other");
        string roleless = Signed(_authority, "", TimeSpan.FromHours(1));
        string unsigned = new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Audience = "orleans-inference",
                Expires = DateTime.UnixEpoch.AddYears(100),
                Claims = new Dictionary<string, object> { ["roles"] = "admin" },
            }
        );
        foreach ((string method, string path) in Endpoints())
        {
            Role? needed = Roles.Required(method, path);
            if (needed is null)
            {
                continue;
            }
            foreach (string? key in new[] { null, "wrong", "", expired, forged, foreign, roleless, unsigned })
            {
                asked++;
                if (await StatusAsync(method, path, key) is var status && status != HttpStatusCode.Unauthorized)
                {
                    let.Add($"{method} {path} with '{key}': {status}");
                }
            }

            string? weaker = needed switch
            {
                Role.Operate => "key-plain",
                Role.Admin => "key-operate",
                _ => null,
            };
            if (
                weaker is not null
                && await StatusAsync(method, path, weaker) is var lesser
                && lesser != HttpStatusCode.Forbidden
            )
            {
                let.Add($"{method} {path} with {weaker}: {lesser}");
            }
            if (
                await StatusAsync(method, path, "key-admin", origin: "https://elsewhere.example") is var other
                && other != HttpStatusCode.Forbidden
            )
            {
                let.Add($"{method} {path} of another origin: {other}");
            }
        }

        Assert.True(asked > 400, $"{asked} requests were made");
        Assert.Empty(let);
        Assert.Equal(0, _gateway.Dispatcher.Requests);
    }

    [Theory]
    [InlineData("infer", "/v2", 200)]
    [InlineData("infer", "/v2/cluster", 403)]
    [InlineData("operate", "/v2/cluster", 200)]
    [InlineData("infer operate", "/v2/cluster", 200)]
    [InlineData("admin", "/v2/agent/policies", 200)]
    public async Task AToken_OfARole_OpensWhatTheRoleMay(string roles, string path, int status) =>
        Assert.Equal(
            (HttpStatusCode)status,
            await StatusAsync("GET", path, Signed(_authority, roles, TimeSpan.FromHours(1)))
        );

    [Fact]
    public async Task OpenEndpoints_AreHealthAndTheDashboardsFilesOnly()
    {
        string[] open =
        [
            .. Endpoints()
                .Where(endpoint => Roles.Required(endpoint.Method, endpoint.Path) is null)
                .Select(endpoint => endpoint.Path)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

        Assert.Equal(
            [
                "/dashboard/login",
                "/dashboard/logout",
                "/dashboard/session",
                "/grpc.health.v1.Health/Check",
                "/grpc.health.v1.Health/Watch",
                "/inference.GRPCInferenceService/ServerLive",
                "/inference.GRPCInferenceService/ServerReady",
                "/v2/health/live",
                "/v2/health/ready",
            ],
            open
        );
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("GET", "/v2/health/live", null));
    }

    [Fact]
    public async Task ALogIn_WithoutTheDashboardsHeader_ChangesNothing()
    {
        HttpResponseMessage login = await _gateway.Http.PostAsync(
            "/dashboard/login",
            new StringContent("""{"key":"key-admin"}"""),
            Token
        );
        string cookie = login.Headers.GetValues("Set-Cookie").Single();

        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("GET", "/v2/cluster", null, cookie: cookie));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync("POST", "/v2/agent/resume", null, cookie: cookie));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("POST", "/v2/agent/resume", null, cookie: cookie, own: true));
    }

    [Fact]
    public async Task Actions_AreWrittenDownWithoutTheirKeys()
    {
        await StatusAsync("POST", "/v2/agent/resume", "key-admin");
        await StatusAsync("POST", "/v2/agent/resume", "key-operate");
        await _gateway.StopAndCheckAsync();
        string audit = await File.ReadAllTextAsync(Path.Combine(_folder, "audit.jsonl"), Token);

        Assert.Contains(
            "\"role\":\"admin\",\"method\":\"POST\",\"path\":\"/v2/agent/resume\",\"status\":200",
            audit,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"role\":\"operate\",\"method\":\"POST\",\"path\":\"/v2/agent/resume\",\"status\":403",
            audit,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("key-", audit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null, 200)]
    [InlineData("localhost", null, 200)]
    [InlineData("192.168.1.7:8080", null, 200)]
    [InlineData("rebound.example.com", null, 403)]
    [InlineData("", "http://rebound.example.com", 403)]
    [InlineData("", "null", 403)]
    public async Task AServerWithoutKeys_AnswersItsOwnNamesOnly(string host, string? origin, int status)
    {
        await using GatewayHost open = await GatewayHost.StartAsync();
        HttpRequestMessage request = new(HttpMethod.Get, "/v2");
        if (host.Length > 0)
        {
            request.Headers.Host = host;
        }
        if (origin is not null)
        {
            request.Headers.TryAddWithoutValidation("Origin", origin);
        }

        Assert.Equal((HttpStatusCode)status, (await open.Http.SendAsync(request, Token)).StatusCode);
        await open.StopAndCheckAsync();
    }

    private IEnumerable<(string Method, string Path)> Endpoints()
    {
        foreach (RouteEndpoint endpoint in _gateway.Endpoints.OfType<RouteEndpoint>())
        {
            string path =
                "/"
                + string.Join(
                    '/',
                    endpoint.RoutePattern.PathSegments.Select(segment =>
                        string.Concat(
                            segment.Parts.Select(part =>
                                part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal
                                    ? literal.Content
                                    : "x"
                            )
                        )
                    )
                );
            foreach (
                string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods
                    ?? (IReadOnlyList<string>)["GET", "POST", "PUT", "DELETE", "OPTIONS"]
            )
            {
                yield return (method, path);
            }
        }
    }

    private async Task<HttpStatusCode> StatusAsync(
        string method,
        string path,
        string? key,
        string? origin = null,
        string? cookie = null,
        bool own = false
    )
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (method != "GET")
        {
            request.Content = new StringContent("{}");
        }
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        }
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie.Split(';')[0]);
        }
        if (own)
        {
            request.Headers.Add("X-Requested-With", "dashboard");
        }
        using HttpResponseMessage answer = await _gateway.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            Token
        );
        return answer.StatusCode;
    }

    private static string Signed(RSA key, string roles, TimeSpan lives, string audience = "orleans-inference")
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        ClaimsIdentity claims = new([
            .. roles.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(role => new Claim("roles", role)),
            new Claim("sub", "somebody"),
        ]);
        return new JsonWebTokenHandler().CreateToken(
            new SecurityTokenDescriptor
            {
                Subject = claims,
                Audience = audience,
                NotBefore = now.AddDays(-1),
                IssuedAt = now.AddDays(-1),
                Expires = now + lives,
                SigningCredentials = new SigningCredentials(new RsaSecurityKey(key), SecurityAlgorithms.RsaSha256),
            }
        );
    }
}
