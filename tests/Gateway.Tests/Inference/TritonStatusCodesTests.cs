using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Inference;

public sealed class TritonStatusCodesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A request of the model that answers with the error.</summary>
    private static ModelInferRequest Request(InferenceError error) =>
        new()
        {
            ModelName = $"{error}",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "UINT8",
                    Shape = { 1 },
                },
            },
            RawInputContents = { ByteString.CopyFrom(1) },
        };

    [Theory]
    [InlineData(InferenceError.ResourceExhausted, 503, StatusCode.Unavailable)]
    [InlineData(InferenceError.DeadlineExceeded, 503, StatusCode.Unavailable)]
    [InlineData(InferenceError.PayloadTooLarge, 400, StatusCode.InvalidArgument)]
    [InlineData(InferenceError.NotFound, 404, StatusCode.NotFound)]
    [InlineData(InferenceError.Internal, 500, StatusCode.Internal)]
    public async Task Infer_AnErrorWhereTritonsAreAskedFor_HasTritonsStatus(
        InferenceError error,
        int status,
        StatusCode code
    )
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("TritonStatusCodes", "true"));
        using StringContent content = new(InferBody.Good);
        ModelInferRequest request = Request(error);

        using HttpResponseMessage response = await host.Http.PostAsync($"/v2/models/{error}/infer", content, Token);
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.ModelInferAsync(request, cancellationToken: Token)
        );

        Assert.Equal((status, code), ((int)response.StatusCode, exception.StatusCode));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Infer_TheCallsOwnDeadlineMissed_IsWhatTheClientsClockSays(string triton)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("TritonStatusCodes", triton));
        ModelInferRequest request = Request(InferenceError.DeadlineExceeded);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.ModelInferAsync(
                request,
                deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1),
                cancellationToken: Token
            )
        );

        Assert.Equal(StatusCode.DeadlineExceeded, exception.StatusCode);
        Assert.StartsWith("Deadline Exceeded: ", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Infer_ABodyTooLarge_IsTritons400()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(("TritonStatusCodes", "true"));
        using ByteArrayContent content = new(new byte[GatewayHost.BodyLimit + 1]);

        using HttpResponseMessage response = await host.Http.PostAsync("/v2/models/echo/infer", content, Token);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(
            $"{GatewayHost.BodyLimit} bytes",
            await response.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
    }
}
