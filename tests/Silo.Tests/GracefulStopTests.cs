using System.Net;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests;

/// <summary>SIGTERM while requests are under way.</summary>
public sealed class GracefulStopTests : IDisposable
{
    private const string Body = """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""";

    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Terminate_ALoneSilo_AnswersWhatItHasAndEndsWell()
    {
        // Each request takes 200 ms, one after the other.
        string version = Directory.CreateDirectory(Path.Combine(_models, "slow", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.Mlp(4, 8, 2, seed: 1), Token);
        string profile = Path.Combine(_models, "profile.json");
        await File.WriteAllTextAsync(profile, """{"memory_mib":100,"models":{"*":{"batch_ms":{"1":200}}}}""", Token);
        await using SiloProcess silo = await SiloProcess.StartAsync(_models, "--Engine:ExecutionProvider:Provider=emulated", $"--Engine:ExecutionProvider:Profile={profile}", "--Engine:DefaultMaxBatchSize=1");
        using HttpClient http = new() { BaseAddress = silo.Http.BaseAddress };

        Task<HttpResponseMessage>[] answers = [.. Enumerable.Range(0, 10).Select(_ => http.PostAsync("/v2/models/slow/infer", new StringContent(Body), Token))];
        await Task.WhenAny(answers);
        int code = await silo.TerminateAsync();

        Assert.All(await Task.WhenAll(answers), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(0, code);
    }
}
