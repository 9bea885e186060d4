using System.Text.Json;
using OrleansInference.Onnx.Samples;
using OrleansInference.Silo.Tests.Tls;

namespace OrleansInference.Silo.Tests;

/// <summary>A silo warms its own request path before it says that it is ready, however it is protected.</summary>
public sealed class WarmupTests : IDisposable
{
    private static readonly string[] s_options =
    [
        "--Gateway:WarmupMs=30000",
        "--Logging:LogLevel:OrleansInference.Gateway=Debug",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("warmup").FullName;
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly CertificateAuthority _authority;

    public WarmupTests()
    {
        _authority = new CertificateAuthority(_folder, "authority");
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_models, recursive: true);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("keys")]
    [InlineData("tls")]
    public async Task StartAsync_HoweverItIsProtected_IsWarmAndHasCountedNothing(string protection)
    {
        string keys = Path.Combine(_folder, "keys");
        await File.WriteAllTextAsync(keys, "a-key-of-an-admin-0123456789 ops role=admin\n", Token);
        string[] protect = protection switch
        {
            "keys" => ["--api-key-file", keys],
            "tls" => ["--Gateway:CertificateFile=" + _authority.Issue("server")],
            _ => [],
        };

        await using SiloProcess silo = await SiloProcess.StartAsync(_models, [.. s_options, .. protect]);
        await silo.LineAsync("The request path is warm after");
        using HttpClient client =
            protection == "tls"
                ? _authority.Client(silo.HttpPort, null)
                : new HttpClient { BaseAddress = silo.Http.BaseAddress };
        if (protection == "keys")
        {
            client.DefaultRequestHeaders.Add("X-API-Key", "a-key-of-an-admin-0123456789");
        }

        Assert.Contains("warm after 121 requests", silo.Output, StringComparison.Ordinal);
        JsonElement stats = await JsonAsync(client, "/v2/models/scale/stats");
        JsonElement model = stats.GetProperty("model_stats")[0];
        Assert.Equal(0, model.GetProperty("inference_count").GetInt64());
        Assert.Equal(0, model.GetProperty("execution_count").GetInt64());
        Assert.Equal(0, (await JsonAsync(client, "/v2/tenants")).GetProperty("tenants").GetArrayLength());
        Assert.Equal(0, (await JsonAsync(client, "/v2/requests?model=scale")).GetProperty("requests").GetArrayLength());
    }

    [Fact]
    public async Task StartAsync_ClientsMustShowCertificates_StartsWithoutIt()
    {
        string certificate = _authority.Issue("server");
        string[] protect =
        [
            "--Gateway:CertificateFile=" + certificate,
            "--Gateway:ClientAuthorityFile=" + _authority.File,
        ];

        await using SiloProcess silo = await SiloProcess.StartAsync(_models, [.. s_options, .. protect]);
        await silo.LineAsync("The request path is warm after");

        Assert.Contains("warm after 0 requests", silo.Output, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        string text = await client.GetStringAsync(new Uri(path, UriKind.Relative), Token);
        return JsonDocument.Parse(text).RootElement;
    }
}
