using System.Net;
using System.Text.Json;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests;

/// <summary>Deadlines that pass while a real run is under way, over HTTP.</summary>
public sealed class DeadlineTests : IAsyncLifetime
{
    /// <summary>More than a machine counts within the time of any test.</summary>
    private const long Endless = 1_000_000_000_000;

    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;
    private SiloProcess _silo = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string version = Directory.CreateDirectory(Path.Combine(_models, "counts", "1")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(version, "model.onnx"), FixtureModels.CountsUp(), Token);
        await File.WriteAllTextAsync(
            Path.Combine(_models, "counts", "config.pbtxt"),
            "instance_group { count: 1 }",
            Token
        );
        _silo = await SiloProcess.StartAsync(_models);
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        Directory.Delete(_models, recursive: true);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("parameter")]
    public async Task Infer_TheDeadlinePassesInTheRun_Is504AndTheOnlyInstanceServesTheNext(string where)
    {
        (HttpStatusCode status, string late) = await InferAsync(Endless, where);
        // With one instance it waits for the end of the run before it.
        (HttpStatusCode next, string answer) = await InferAsync(3, "");

        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        Assert.Contains("in a run of model 'counts'", late, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, next);
        using JsonDocument json = JsonDocument.Parse(answer);
        Assert.Equal(3, json.RootElement.GetProperty("outputs")[0].GetProperty("data")[0].GetInt64());
    }

    private async Task<(HttpStatusCode Status, string Body)> InferAsync(long count, string deadlineIn)
    {
        string parameters = deadlineIn == "parameter" ? ",\"parameters\":{\"timeout\":500000}" : "";
        string body = $$"""{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[{{count}}]}]{{parameters}}}""";
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/counts/infer")
        {
            Content = new StringContent(body),
        };
        if (deadlineIn == "header")
        {
            request.Headers.Add("X-Request-Timeout-Ms", "500");
        }
        using HttpResponseMessage response = await _silo.Http.SendAsync(request, Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }
}
