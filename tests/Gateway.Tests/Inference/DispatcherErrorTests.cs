using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class DispatcherErrorTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<InferenceError> Errors =>
        [.. Enum.GetValues<InferenceError>().Where(error => error != InferenceError.None)];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Infer_AnErrorOfTheDispatcher_HasItsStatusAndMessage(InferenceError error)
    {
        using StringContent content = new(InferBody.Good);

        using HttpResponseMessage response = await shared.Host.Http.PostAsync(
            $"/v2/models/{error}/infer",
            content,
            Token
        );

        Assert.Equal(InferenceErrorMapping.ToHttp(error), (int)response.StatusCode);
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        Assert.Equal($"answered {error}", json.RootElement.GetProperty("error").GetString());
        bool again = error is InferenceError.ResourceExhausted or InferenceError.Unavailable;
        Assert.Equal(again ? TimeSpan.FromSeconds(1) : null, response.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public void Map_AnErrorOfANewerSilo_IsInternal()
    {
        const InferenceError Newer = (InferenceError)71;

        Assert.Equal(500, InferenceErrorMapping.ToHttp(Newer));
        Assert.Equal(StatusCode.Internal, InferenceErrorMapping.ToGrpc(Newer));
    }

    [Fact]
    public async Task Infer_AnUnexpectedFailure_Is500WithoutItsInsides()
    {
        using StringContent content = new(InferBody.Good);

        using HttpResponseMessage response = await shared.Host.Http.PostAsync(
            "/v2/models/throws/infer",
            content,
            Token
        );

        Assert.Equal(500, (int)response.StatusCode);
        string body = await response.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(body);
        Assert.NotEmpty(json.RootElement.GetProperty("error").GetString()!);
    }

    [Fact]
    public async Task Infer_Parameters_ReachTheDispatcher()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using StringContent content = new(
            """{"id":"q","parameters":{"priority":2,"timeout":5000,"slo_p99_ms":12.5,"mine":"x","sequence_id":0,"sequence_start":false},"outputs":[{"name":"x"}],"""
                + InferBody.Good[1..]
        );

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        Assert.True(response.IsSuccessStatusCode);
        InferenceCall request = host.Dispatcher.Last!;
        Assert.Equal(
            ("q", 2u, TimeSpan.FromMilliseconds(5), 12.5),
            (request.Id, request.Priority, request.Timeout, request.SloP99Ms)
        );
        Assert.Equal(["x"], request.RequestedOutputs);
    }

    [Fact]
    public async Task Infer_OnlyAConnectionThatReadsNothingElse_LendsItsThread()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        using StringContent content = new(InferBody.Good);

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);
        Assert.True(response.IsSuccessStatusCode);
        Assert.True(host.Dispatcher.Last!.MayRunOnCaller);

        ModelInferRequest request = new()
        {
            ModelName = "echo",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "FP32",
                    Shape = { 1, 2 },
                },
            },
            RawInputContents = { ByteString.CopyFrom(new byte[8]) },
        };
        await host.Grpc.ModelInferAsync(request, cancellationToken: Token);
        Assert.False(host.Dispatcher.Last!.MayRunOnCaller);
    }
}
