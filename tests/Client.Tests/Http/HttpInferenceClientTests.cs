using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using OrleansInference.Client.Http;

namespace OrleansInference.Client.Tests.Http;

/// <summary>What is sent to a server that is not ours, and what comes of its answers.</summary>
public sealed class HttpInferenceClientTests
{
    private const string JsonAnswer =
        """{"model_name":"m","model_version":"2","id":"7","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[0.5,"NaN"]}]}""";

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task InferAsync_AServerOfJsonOnly_IsSentJsonAndRead()
    {
        await using FakeServer server = await FakeServer.StartAsync(200, JsonAnswer, Token);
        using HttpInferenceClient client = Client(server, binary: false);

        using InferenceResult response = await client.InferAsync(
            Request() with
            {
                ModelVersion = "2",
                RequestedOutputs = ["y"],
            },
            Token
        );

        Assert.Equal("/v2/models/m/versions/2/infer", server.Path);
        Assert.Null(server.JsonLength);
        JsonElement sent = JsonSerializer.Deserialize<JsonElement>(server.Body);
        Assert.Equal(
            """[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2.5]}]""",
            sent.GetProperty("inputs").GetRawText()
        );
        Assert.Equal("""[{"name":"y"}]""", sent.GetProperty("outputs").GetRawText());
        Assert.Equal("{}", sent.GetProperty("parameters").GetRawText());
        Assert.Equal(("m", "2", "7"), (response.ModelName, response.ModelVersion, response.Id));
        Assert.Equal([0.5f, float.NaN], Floats(response.Output("y")));
    }

    [Fact]
    public async Task InferAsync_BinaryTensors_AreSentAsTheyAreAndReadInOrder()
    {
        byte[] json = Encoding.UTF8.GetBytes(
            """{"model_name":"m","outputs":[{"name":"a","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},{"name":"j","datatype":"INT32","shape":[1],"data":[9]},{"name":"b","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}}]}"""
        );
        await using FakeServer server = await BinaryAsync(json, [.. Bytes<float>(3, 4), .. Bytes<long>(5)]);
        using HttpInferenceClient client = Client(server);

        using InferenceResult response = await client.InferAsync(Request(), Token);

        int header = int.Parse(server.JsonLength!);
        JsonElement sent = JsonSerializer.Deserialize<JsonElement>(server.Body.AsSpan(0, header));
        Assert.Equal(
            """[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}]""",
            sent.GetProperty("inputs").GetRawText()
        );
        Assert.True(sent.GetProperty("parameters").GetProperty("binary_data_output").GetBoolean());
        Assert.Equal(Bytes<float>(1, 2.5f), server.Body[header..]);
        Assert.Equal([3, 4], Floats(response.Output("a")));
        Assert.Equal(Bytes(9), response.Output("j").Data.ToArray());
        Assert.Equal(Bytes<long>(5), response.Output("b").Data.ToArray());
    }

    [Fact]
    public async Task InferAsync_EveryOption_IsInTheParameters()
    {
        await using FakeServer server = await FakeServer.StartAsync(200, JsonAnswer, Token);
        using HttpInferenceClient client = Client(server, binary: false);
        InferenceRequest request = Request() with
        {
            Priority = 3,
            Timeout = TimeSpan.FromMilliseconds(50),
            SloP99Ms = 1.5,
            SequenceId = "18446744073709551615",
            SequenceStart = true,
        };

        (await client.InferAsync(request, Token)).Dispose();
        string first = Parameters(server);
        (
            await client.InferAsync(
                request with
                {
                    SequenceId = "a text",
                    SequenceStart = false,
                    SequenceEnd = true,
                },
                Token
            )
        ).Dispose();

        Assert.Equal(
            """{"priority":3,"timeout":50000,"slo_p99_ms":1.5,"sequence_id":18446744073709551615,"sequence_start":true,"sequence_end":false}""",
            first
        );
        Assert.Equal(
            """{"priority":3,"timeout":50000,"slo_p99_ms":1.5,"sequence_id":"a text","sequence_start":false,"sequence_end":true}""",
            Parameters(server)
        );
    }

    [Theory]
    [InlineData(400, InferenceError.InvalidArgument)]
    [InlineData(404, InferenceError.NotFound)]
    [InlineData(413, InferenceError.PayloadTooLarge)]
    [InlineData(422, InferenceError.InvalidArgument)]
    [InlineData(429, InferenceError.ResourceExhausted)]
    [InlineData(499, InferenceError.Cancelled)]
    [InlineData(500, InferenceError.Internal)]
    [InlineData(501, InferenceError.Unsupported)]
    [InlineData(502, InferenceError.Unavailable)]
    [InlineData(503, InferenceError.Unavailable)]
    [InlineData(504, InferenceError.DeadlineExceeded)]
    public async Task InferAsync_AnErrorStatus_IsItsErrorWithTheServersReason(int status, InferenceError error)
    {
        await using FakeServer server = await FakeServer.StartAsync(status, """{"error":"because"}""", Token);
        using HttpInferenceClient client = Client(server);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            client.InferAsync(Request(), Token)
        );

        Assert.Equal((error, "because"), (exception.Error, exception.Message));
    }

    [Fact]
    public async Task InferAsync_ARefusalWithRetryAfter_GivesTheTime()
    {
        await using FakeServer server = await FakeServer.StartAsync(
            context =>
            {
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "7";
                return context.Response.WriteAsync("""{"error":"full"}""", Token);
            },
            Token
        );
        using HttpInferenceClient client = Client(server);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            client.InferAsync(Request(), Token)
        );

        Assert.Equal(TimeSpan.FromSeconds(7), exception.RetryAfter);
    }

    [Theory]
    [InlineData("", "the server answered 503 Service Unavailable")]
    [InlineData("no healthy upstream", "no healthy upstream")]
    [InlineData("[1]", "[1]")]
    public async Task InferAsync_AnErrorThatIsNotOfTheProtocol_KeepsItsText(string body, string expected)
    {
        await using FakeServer server = await FakeServer.StartAsync(503, body, Token);
        using HttpInferenceClient client = Client(server);

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            client.InferAsync(Request(), Token)
        );

        Assert.Equal((InferenceError.Unavailable, expected), (exception.Error, exception.Message));
    }

    [Fact]
    public async Task InferAsync_NobodyListens_ThrowsUnavailableWithTheAddress()
    {
        FakeServer server = await FakeServer.StartAsync(200, JsonAnswer, Token);
        using HttpInferenceClient client = Client(server);
        await server.DisposeAsync();

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() =>
            client.InferAsync(Request(), Token)
        );

        Assert.Equal(InferenceError.Unavailable, exception.Error);
        Assert.Contains($"{server.Address}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InferAsync_AServerThatNeverAnswers_EndsShortlyAfterTheDeadline()
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource gone = new();
        await using FakeServer server = await SilentAsync(arrived, gone);
        using HttpInferenceClient client = Client(server);
        Task<InferenceResult> call = client.InferAsync(Request() with { Timeout = TimeSpan.FromSeconds(1) }, Token);
        await arrived.Task.WaitAsync(Token);

        _time.Advance(TimeSpan.FromSeconds(1));
        bool endedAtTheDeadline = call.IsCompleted;
        _time.Advance(TimeSpan.FromMilliseconds(250));

        InferenceException exception = await Assert.ThrowsAsync<InferenceException>(() => call);
        Assert.False(endedAtTheDeadline);
        Assert.Equal(
            (InferenceError.DeadlineExceeded, "no answer within the deadline of 1000 ms"),
            (exception.Error, exception.Message)
        );
        await gone.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task InferAsync_ADeadlineBeyondAnyTimer_IsTheServersAlone()
    {
        await using FakeServer server = await FakeServer.StartAsync(200, JsonAnswer, Token);
        using HttpInferenceClient client = Client(server);

        using InferenceResult response = await client.InferAsync(Request() with { Timeout = TimeSpan.MaxValue }, Token);

        Assert.Equal("y", response.Outputs.Single().Name);
    }

    [Fact]
    public async Task InferAsync_Cancelled_ThrowsAndTheServerLearnsOfIt()
    {
        TaskCompletionSource arrived = new();
        TaskCompletionSource gone = new();
        await using FakeServer server = await SilentAsync(arrived, gone);
        using HttpInferenceClient client = Client(server);
        using CancellationTokenSource source = new();
        Task<InferenceResult> call = client.InferAsync(
            Request() with
            {
                Timeout = TimeSpan.FromSeconds(1),
            },
            source.Token
        );
        await arrived.Task.WaitAsync(Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await gone.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task GetModelMetadataAsync_AServerThatSaysLittle_LeavesTheRestEmpty()
    {
        await using FakeServer server = await FakeServer.StartAsync(
            200,
            """{"name":"a model","inputs":[{"name":"x","datatype":"FP8","shape":[-1,3]}],"outputs":[]}""",
            Token
        );
        using HttpInferenceClient client = Client(server);

        ModelMetadata metadata = await client.GetModelMetadataAsync("a model", "", Token);

        Assert.Equal("/v2/models/a%20model", server.Path);
        Assert.Equal(("a model", "", ""), (metadata.Name, metadata.Platform, metadata.ExecutionProvider));
        Assert.Equal(
            ("x", TensorDatatype.None, "[-1,3]"),
            (metadata.Inputs.Single().Name, metadata.Inputs[0].Datatype, TensorShape.Format(metadata.Inputs[0].Shape))
        );
        Assert.Empty(metadata.Versions);
        Assert.Empty(metadata.Parameters);
    }

    private static Task<FakeServer> BinaryAsync(byte[] json, byte[] tensors) =>
        FakeServer.StartAsync(
            async context =>
            {
                context.Response.Headers["Inference-Header-Content-Length"] = $"{json.Length}";
                context.Response.ContentLength = json.Length + tensors.Length;
                await context.Response.Body.WriteAsync(json, context.RequestAborted);
                await context.Response.Body.WriteAsync(tensors, context.RequestAborted);
            },
            Token
        );

    private static Task<FakeServer> SilentAsync(TaskCompletionSource arrived, TaskCompletionSource gone) =>
        FakeServer.StartAsync(
            async context =>
            {
                using CancellationTokenRegistration registration = context.RequestAborted.Register(() =>
                    gone.TrySetResult()
                );
                arrived.TrySetResult();
                await gone.Task;
            },
            Token
        );

    private static InferenceRequest Request() =>
        new() { ModelName = "m", Inputs = [new Tensor("x", TensorDatatype.Fp32, [1, 2], Bytes<float>(1, 2.5f))] };

    private static byte[] Bytes<T>(params T[] values)
        where T : struct => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static float[] Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();

    private static string Parameters(FakeServer server) =>
        JsonSerializer.Deserialize<JsonElement>(server.Body).GetProperty("parameters").GetRawText();

    private HttpInferenceClient Client(FakeServer server, bool binary = true) =>
        new(
            new HttpClient { Timeout = Timeout.InfiniteTimeSpan },
            new InferenceClientOptions { Endpoint = server.Address, UseBinaryTensors = binary },
            _time
        );
}
