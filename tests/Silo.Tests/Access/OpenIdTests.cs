using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Access;

/// <summary>Access tokens of an OpenID Connect provider that the silo asks for its keys.</summary>
public sealed class OpenIdTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public OpenIdTests()
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
    }

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Tokens_OfTheProvider_MayWhatTheirRoleMayAndOthersNothing()
    {
        await using OpenIdProvider provider = await OpenIdProvider.StartAsync(),
            stranger = await OpenIdProvider.StartAsync(),
            elsewhere = await OpenIdProvider.StartAsync("another-service");
        await using SiloProcess silo = await SiloProcess.StartAsync(
            _models,
            [$"--Access:Authority={provider.Address}"]
        );
        string infer = await provider.TokenAsync("infer");
        string operate = await provider.TokenAsync("operate");
        string admin = await provider.TokenAsync("admin");

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(silo, null, HttpMethod.Get, "/v2/models/scale"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(silo, infer, HttpMethod.Get, "/v2/models/scale"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(silo, infer, HttpMethod.Get, "/v2/cluster"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(silo, operate, HttpMethod.Get, "/v2/cluster"));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(silo, operate, HttpMethod.Post, "/v2/agent/mode"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(silo, admin, HttpMethod.Post, "/v2/agent/mode"));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await AskAsync(silo, await provider.TokenAsync("no-role"), HttpMethod.Get, "/v2/models/scale")
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await AskAsync(silo, await stranger.TokenAsync("admin"), HttpMethod.Get, "/v2/models/scale")
        );
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await AskAsync(silo, await elsewhere.TokenAsync("admin"), HttpMethod.Get, "/v2/models/scale")
        );
    }

    [Fact]
    public async Task Tokens_ForAnotherService_AreRefusedEvenOfTheProviderItself()
    {
        await using OpenIdProvider provider = await OpenIdProvider.StartAsync("another-service");
        await using SiloProcess silo = await SiloProcess.StartAsync(
            _models,
            [$"--Access:Authority={provider.Address}"]
        );

        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await AskAsync(silo, await provider.TokenAsync("admin"), HttpMethod.Get, "/v2/models/scale")
        );
    }

    private static async Task<HttpStatusCode> AskAsync(SiloProcess silo, string? token, HttpMethod method, string path)
    {
        using HttpRequestMessage request = new(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = JsonContent.Create(new { mode = "act" });
        }
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        using HttpResponseMessage answer = await silo.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }
}
