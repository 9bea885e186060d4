using Microsoft.Extensions.DependencyInjection;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Tls;

/// <summary>The SDK and <c>oinf</c> against a server that shows a certificate, and asks for one.</summary>
public sealed class ClientTlsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tls").FullName;
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private readonly CertificateAuthority _authority;
    private readonly CertificateAuthority _other;
    private SiloProcess _silo = null!;

    public ClientTlsTests()
    {
        _authority = new CertificateAuthority(_folder, "authority");
        _other = new CertificateAuthority(_folder, "other");
        string version = Directory.CreateDirectory(Path.Combine(_models, "scale", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Scale(3, 2f));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _silo = await SiloProcess.StartAsync(
            _models,
            [
                "--Gateway:CertificateFile=" + _authority.Issue("server"),
                "--Gateway:ClientAuthorityFile=" + _authority.File,
            ]
        );

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _authority.Dispose();
        _other.Dispose();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_models, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ByAuthorityAndCertificate_AsksAndOthersAreRefused(bool grpc)
    {
        await using ServiceProvider known = Client(grpc, _authority.File, _authority.Issue("client"));
        await using ServiceProvider distrusting = Client(grpc, _other.File, _authority.Issue("client"));
        await using ServiceProvider foreign = Client(grpc, _authority.File, _other.Issue("stranger"));

        using InferenceResult result = await AskAsync(known);

        Assert.Equal([2f, 4f, 6f], result.Output("y").ToArray<float>());
        Assert.True(await known.GetRequiredService<IInferenceClient>().IsReadyAsync(Token));
        foreach (ServiceProvider refused in new[] { distrusting, foreign })
        {
            InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() => AskAsync(refused));
            Assert.Equal(InferenceError.Unavailable, exception.Error);
            Assert.False(await refused.GetRequiredService<IInferenceClient>().IsReadyAsync(Token));
        }
    }

    [Theory]
    [InlineData("https", "models")]
    [InlineData("https", "infer")]
    [InlineData("grpcs", "infer")]
    public async Task Oinf_ByAuthorityAndCertificate_AsksAndWithoutThemSaysWhy(string scheme, string command)
    {
        int port = scheme == "https" ? _silo.HttpPort : _silo.GrpcPort;
        string[] asked = command == "infer" ? ["infer", "scale", "--input", "x=[[1,2,3]]"] : ["models"];
        string[] arguments = [.. asked, "--url", $"{scheme}://127.0.0.1:{port}"];

        (int code, string output) = await Oinf.RunAsync(
            [.. arguments, "--ca", _authority.File, "--cert", _authority.Issue("client")],
            Token
        );
        (int refused, string reason) = await Oinf.RunAsync(arguments, Token);
        (int missing, string file) = await Oinf.RunAsync([.. arguments, "--ca", "nowhere.pem"], Token);

        Assert.True(code == 0, output);
        Assert.Contains("scale", output, StringComparison.Ordinal);
        Assert.NotEqual(0, refused);
        Assert.Contains("SSL", reason, StringComparison.Ordinal);
        Assert.NotEqual(0, missing);
        Assert.Contains("there is no file 'nowhere.pem'", file, StringComparison.Ordinal);
    }

    private static Task<InferenceResult> AskAsync(ServiceProvider services) =>
        services
            .GetRequiredService<IInferenceClient>()
            .InferAsync("scale", [Tensor.Create<float>("x", [1, 2, 3], 1, 3)], Token);

    private ServiceProvider Client(bool grpc, string authority, string certificate)
    {
        ServiceCollection services = new();
        IInferenceClientBuilder client = services.AddInferenceClient();
        _ = grpc
            ? client.UseGrpc($"grpcs://127.0.0.1:{_silo.GrpcPort}")
            : client.UseHttp($"https://127.0.0.1:{_silo.HttpPort}");
        client.WithAuthority(authority).Configure(options => options.CertificateFile = certificate);
        return services.BuildServiceProvider();
    }
}
