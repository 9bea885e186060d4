using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Silo.Tests.Access;

/// <summary>A silo that asks for keys, as docs/operations.md starts one, and those who have a key or none.</summary>
public sealed class KeyTests(KeyedSilo keyed) : IClassFixture<KeyedSilo>
{
    private const string Admin = KeyedSilo.Admin;
    private const string Infer = KeyedSilo.Infer;

    private readonly SiloProcess _silo = keyed.Silo;
    private readonly string _folder = keyed.Folder;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every command that asks a server.</summary>
    public static TheoryData<string> Commands =>
        [
            "infer scale --input x=[[1,2,3]]",
            "models",
            "load scale",
            "status",
            "bench scale --duration 0.2 --warmup 0.1 --concurrency 1",
            "why scale",
            "nodes",
            "plan",
            "pin scale --max-replicas 1",
            "drain NODE --undo",
            "agent show",
            "agent mode shadow",
            "agent resume",
            "policy list",
            "jobs list",
            "backup BACKUP",
            "unload unused",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Oinf_WithAndWithoutAKey_WorksAndSaysWhatToDo(string command)
    {
        string[] arguments = [.. command.Split(' ').Select(Argument)];

        (int without, string refusal) = await OinfAsync(null, [.. arguments, .. Http]);
        (int with, string done) = await OinfAsync(Admin, [.. arguments, .. Http]);

        Assert.Equal(1, without);
        Assert.Contains("--api-key", refusal, StringComparison.Ordinal);
        Assert.Contains("OINF_API_KEY", refusal, StringComparison.Ordinal);
        Assert.True(with == 0, done);
        Assert.DoesNotContain(Admin, done + _silo.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--api-key", Infer)]
    [InlineData("--api-key-file", "FILE")]
    public async Task Oinf_AKeyByOptionOverGrpc_Infers(string option, string value)
    {
        string file = Path.Combine(_folder, "mine");
        await File.WriteAllTextAsync(file, $"{Infer}\n", Token);
        string[] infer = ["infer", "scale", "--input", "x=[[1,2,3]]", "--url", $"grpc://127.0.0.1:{_silo.GrpcPort}"];

        (int without, string refusal) = await OinfAsync(null, infer);
        (int with, string done) = await OinfAsync(null, [.. infer, option, value == "FILE" ? file : value]);

        Assert.Equal(1, without);
        Assert.Contains("the server asks for a key: give --api-key KEY", refusal, StringComparison.Ordinal);
        Assert.True(with == 0, done);
        Assert.Contains("[2,4,6]", done, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Oinf_AWrongOrWeakKey_SaysWhichWithoutTheKey()
    {
        (int unknown, string wrong) = await OinfAsync("a-key-that-nobody-gave", ["nodes", .. Http]);
        (int forbidden, string weak) = await OinfAsync(Infer, ["nodes", .. Http]);

        Assert.Equal((1, 1), (unknown, forbidden));
        Assert.Contains("does not know the key that was given by --api-key", wrong, StringComparison.Ordinal);
        Assert.Contains("needs the role operate", weak, StringComparison.Ordinal);
        Assert.DoesNotContain("a-key-that-nobody-gave", wrong + _silo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Infer, weak + _silo.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_WithAKey_InfersAndWithoutOneIsRefused(bool grpc)
    {
        await using ServiceProvider with = Client(grpc, Infer),
            without = Client(grpc, null);

        using InferenceResult response = await with.GetRequiredService<IInferenceClient>().InferAsync(Request(), Token);
        InferenceException refused = await Assert.ThrowsAsync<InferenceException>(() =>
            without.GetRequiredService<IInferenceClient>().InferAsync(Request(), Token)
        );

        Assert.Equal([2f, 4f, 6f], response.Output("y").ToArray<float>());
        Assert.Contains("an API key is needed", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Client_AKeyThatNoHeaderMayHave_IsRefusedWithoutIt(bool grpc)
    {
        using ServiceProvider services = Client(grpc, "two\r\nlines");

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(
            services.GetRequiredService<IInferenceClient>
        );

        Assert.Contains("ApiKey with characters beyond visible ASCII", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("two", exception.Message, StringComparison.Ordinal);
    }

    private static InferenceRequest Request() => new("scale", Tensor.Create<float>("x", [1, 2, 3], 1, 3));

    private static Task<(int Code, string Output)> OinfAsync(string? key, string[] arguments) =>
        Oinf.RunAsync(arguments, Token, key);

    private string[] Http => ["--url", $"http://127.0.0.1:{_silo.HttpPort}"];

    private string Argument(string word) =>
        word switch
        {
            "NODE" => "node",
            "BACKUP" => Path.Combine(_folder, "backup.json"),
            _ => word,
        };

    private ServiceProvider Client(bool grpc, string? key)
    {
        ServiceCollection services = new();
        IInferenceClientBuilder client = services.AddInferenceClient();
        _ = grpc
            ? client.UseGrpc($"http://127.0.0.1:{_silo.GrpcPort}")
            : client.UseHttp($"http://127.0.0.1:{_silo.HttpPort}");
        client.WithApiKey(key ?? "");
        return services.BuildServiceProvider();
    }
}
