using System.Net;
using System.Text;
using OrleansInference.Onnx.Samples;

namespace OrleansInference.Silo.Tests.Shutdown;

/// <summary>SIGTERM to a real process.</summary>
public sealed class TerminateTests : IDisposable
{
    private readonly string _models = Directory.CreateTempSubdirectory("repository").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public TerminateTests()
    {
        // A single row waits two seconds for company: long enough to be told to stop meanwhile.
        string version = Directory.CreateDirectory(Path.Combine(_models, "slow", "1")).FullName;
        File.WriteAllBytes(Path.Combine(version, "model.onnx"), FixtureModels.Mlp(4, 8, 2, seed: 1));
        File.WriteAllText(
            Path.Combine(_models, "slow", "config.pbtxt"),
            "max_batch_size: 64\ndynamic_batching { max_queue_delay_microseconds: 2000000 "
                + "}\ninstance_group { count: 1 }"
        );
    }

    public void Dispose() => Directory.Delete(_models, recursive: true);

    [Fact]
    public async Task Terminate_WhileRequestsAreUnderWay_AnswersThemAllAndEndsWithZero()
    {
        await using SiloProcess silo = await SiloProcess.StartAsync(_models);
        using SocketsHttpHandler handler = new() { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan };
        using HttpClient client = new(handler) { BaseAddress = silo.Http.BaseAddress };
        BodyOnceAsked[] bodies = [.. Enumerable.Range(0, 16).Select(_ => new BodyOnceAsked())];
        Task<HttpResponseMessage>[] answers = [.. bodies.Select(body => SendAsync(client, body))];
        // The server asks for a body once it serves the request.
        await Task.WhenAll(bodies.Select(body => body.Asked.Task)).WaitAsync(TimeSpan.FromSeconds(30), Token);

        int exitCode = await silo.TerminateAsync();

        foreach (HttpResponseMessage answer in await Task.WhenAll(answers))
        {
            Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
        }
        Assert.Equal(0, exitCode);
        Assert.Contains("Stopping: not ready any more", silo.Output, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => silo.Http.GetAsync("/v2/health/live", Token));
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpContent body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v2/models/slow/infer") { Content = body };
        request.Headers.ExpectContinue = true;
        return await client.SendAsync(request, Token);
    }

    /// <summary>A body that says when the server has asked for it.</summary>
    private sealed class BodyOnceAsked : HttpContent
    {
        private static readonly byte[] Json = Encoding.UTF8.GetBytes(
            """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""
        );

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Asked.SetResult();
            await stream.WriteAsync(Json);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Json.Length;
            return true;
        }
    }
}
