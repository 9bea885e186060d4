using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Connections.Security;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Onnx.Samples;
using OrleansInference.Protocol;

namespace OrleansInference.Silo.Tests.Tls;

/// <summary>TLS for clients, and between silos: real processes, certificates of the test's own authority.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls").FullName;
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly CertificateAuthority _authority;
    private readonly CertificateAuthority _other;

    public TlsTests()
    {
        _authority = new CertificateAuthority(_folder, "authority");
        _other = new CertificateAuthority(_folder, "other");
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_models, recursive: true);
    }

    [Fact]
    public async Task Http_WithACertificateAndAnAuthorityForClients_TakesItsClientsOnly()
    {
        await using SiloProcess silo = await SiloProcess.StartAsync(
            _models,
            [
                "--Gateway:CertificateFile=" + _authority.Issue("server"),
                "--Gateway:ClientAuthorityFile=" + _authority.File,
            ]
        );
        using HttpClient known = _authority.Client(silo.HttpPort, _authority.Issue("client")),
            nameless = _authority.Client(silo.HttpPort, null),
            foreign = _authority.Client(silo.HttpPort, _other.Issue("stranger"));

        Assert.Contains("orleans-inference", await known.GetStringAsync("/v2", Token), StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => nameless.GetStringAsync("/v2", Token));
        await Assert.ThrowsAsync<HttpRequestException>(() => foreign.GetStringAsync("/v2", Token));
        await Assert.ThrowsAsync<HttpRequestException>(() => silo.Http.GetStringAsync("/v2", Token));
    }

    [Theory]
    [InlineData("Grpc", "http")]
    [InlineData("Http", "https")]
    public async Task Ports_WithTlsOnOneOfThem_SpeakItThereOnly(string ports, string http)
    {
        await using SiloProcess silo = await SiloProcess.StartAsync(
            _models,
            ["--Gateway:CertificateFile=" + _authority.Issue("server"), "--Gateway:TlsPorts=" + ports]
        );
        string grpc = http == "http" ? "https" : "http";
        using HttpClient web = _authority.Client(silo.HttpPort, null);
        using HttpClientHandler handler = new();
        handler.ServerCertificateCustomValidationCallback = (_, server, _, _) => _authority.IsMine(server!);
        using GrpcChannel channel = GrpcChannel.ForAddress(
            $"{grpc}://127.0.0.1:{silo.GrpcPort}",
            new GrpcChannelOptions { HttpHandler = handler }
        );
        ServerLiveResponse live = await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ServerLiveAsync(
            new ServerLiveRequest(),
            cancellationToken: Token
        );

        Assert.True(live.Live);
        string metadata = await web.GetStringAsync($"{http}://127.0.0.1:{silo.HttpPort}/v2", Token);
        Assert.Contains("orleans-inference", metadata, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            web.GetStringAsync($"{grpc}://127.0.0.1:{silo.HttpPort}/v2", Token)
        );
        Assert.Contains($"KServe v2 HTTP on {http}://", silo.Output, StringComparison.Ordinal);
        Assert.Contains(http == "http" ? "gRPC with TLS on" : "gRPC on", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silos_WithCertificates_AreOneClusterThatOthersCannotReach()
    {
        string[] Tls(string name) =>
            ["--Silo:CertificateFile=" + _authority.Issue(name), "--Silo:AuthorityFile=" + _authority.File];
        await using SiloProcess first = await SiloProcess.StartAsync(_models, ["--name", "s0", .. Tls("first")]);
        await using SiloProcess second = await SiloProcess.StartAsync(
            _models,
            ["--name", "s1", "--join", $"127.0.0.1:{first.SiloPort}", .. Tls("second")]
        );

        using (IHost client = await ConnectAsync(first.GatewayPort, _authority.Issue("client")))
        {
            using InferenceResult answer = await client
                .Services.GetRequiredService<IInferenceClient>()
                .InferAsync(
                    new InferenceRequest
                    {
                        ModelName = "scale",
                        Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 3], new byte[12])],
                    },
                    Token
                );
            Assert.Equal(3, answer.Output("y").AsSpan<float>().Length);
            await client.StopAsync(Token);
        }

        Assert.Contains("\"s1\"", await first.Http.GetStringAsync("/v2/cluster", Token), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
            (await ConnectAsync(first.GatewayPort, _other.Issue("stranger"))).Dispose()
        );
    }

    [Fact]
    public async Task Start_ACertificateThatIsNone_SaysSoAndEnds()
    {
        string wrong = Path.Combine(_folder, "wrong.pem");
        await File.WriteAllTextAsync(wrong, "no certificate", Token);

        InvalidOperationException ended = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            SiloProcess.StartAsync(_models, ["--Gateway:CertificateFile=" + wrong])
        );

        Assert.Contains("Gateway:CertificateFile", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TlsOnOnePortWithoutACertificate_SaysSoAndEnds()
    {
        InvalidOperationException ended = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            SiloProcess.StartAsync(_models, ["--Gateway:TlsPorts=Grpc"])
        );

        Assert.Contains("Gateway:TlsPorts needs Gateway:CertificateFile", ended.Message, StringComparison.Ordinal);
    }

    private static async Task<IHost> ConnectAsync(int gateway, string certificate)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder
            .Services.AddInferenceClient()
            .UseOrleans(client =>
                client
                    .UseLocalhostClustering(gateway)
                    .UseTls(
                        CertificateFile.Read(certificate),
                        tls =>
                        {
                            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
                            tls.AllowAnyRemoteCertificate();
                            tls.OnAuthenticateAsClient = (_, authentication) => authentication.TargetHost = "default";
                        }
                    )
            );
        IHost host = builder.Build();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        try
        {
            await host.StartAsync(limit.Token);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
