using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansInference.Protocol;

namespace OrleansInference.Silo.Tests;

public sealed class GrpcTests(ServedModels served) : IDisposable
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(
        $"http://127.0.0.1:{served.Silo.GrpcPort}",
        new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null }
    );

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private GRPCInferenceService.GRPCInferenceServiceClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task HealthAndMetadata_AreServed()
    {
        Assert.True((await Client.ServerLiveAsync(new(), cancellationToken: Token)).Live);
        Assert.True((await Client.ServerReadyAsync(new(), cancellationToken: Token)).Ready);
        Assert.True((await Client.ModelReadyAsync(new() { Name = "mlp" }, cancellationToken: Token)).Ready);
        Assert.False((await Client.ModelReadyAsync(new() { Name = "corrupt" }, cancellationToken: Token)).Ready);
        Assert.Equal("orleans-inference", (await Client.ServerMetadataAsync(new(), cancellationToken: Token)).Name);
        ModelMetadataResponse model = await Client.ModelMetadataAsync(new() { Name = "mlp" }, cancellationToken: Token);
        Assert.Equal([-1L, 4], model.Inputs.Single().Shape);
    }

    [Fact]
    public async Task ModelInfer_TypedContents_EqualRawOnes()
    {
        ModelInferRequest typed = Request();
        typed.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } };
        ModelInferRequest raw = Request();
        raw.RawInputContents.Add(
            ByteString.CopyFrom(new[] { 1f, 2, 3, 4 }.SelectMany(BitConverter.GetBytes).ToArray())
        );

        ModelInferResponse first = await Client.ModelInferAsync(typed, cancellationToken: Token);
        ModelInferResponse second = await Client.ModelInferAsync(raw, cancellationToken: Token);

        Assert.Equal(first.RawOutputContents, second.RawOutputContents);
        Assert.Equal("abc", first.Id);
    }

    [Fact]
    public async Task ModelInfer_ABatchBeyondTheUsualLimits_IsServed()
    {
        // 8 MB: more than gRPC's usual 4 MB message and HTTP/2's windows.
        const int Rows = 500_000;
        ModelInferRequest request = Request(Rows);
        request.RawInputContents.Add(ByteString.CopyFrom(new byte[Rows * 16]));

        ModelInferResponse response = await Client.ModelInferAsync(request, cancellationToken: Token);

        Assert.Equal([Rows, 2L], response.Outputs[0].Shape);
        Assert.Equal(Rows * 8, response.RawOutputContents[0].Length);
    }

    [Fact]
    public async Task ModelInfer_BadRequests_HaveTheirCodes()
    {
        ModelInferRequest none = Request();
        ModelInferRequest both = Request();
        both.Inputs[0].Contents = new InferTensorContents { Fp32Contents = { 1, 2, 3, 4 } };
        both.RawInputContents.Add(ByteString.CopyFrom(new byte[16]));
        ModelInferRequest unknown = Request();
        unknown.ModelName = "nope";
        ModelInferRequest datatype = Request();
        datatype.Inputs[0].Datatype = "FLOAT";
        ModelInferRequest large = Request();
        large.RawInputContents.Add(ByteString.CopyFrom(new byte[70 << 20]));

        await AssertFailsAsync(none, StatusCode.InvalidArgument, "got 0");
        await AssertFailsAsync(both, StatusCode.InvalidArgument, "both contents and raw_input_contents");
        await AssertFailsAsync(unknown, StatusCode.NotFound, "unknown model");
        await AssertFailsAsync(datatype, StatusCode.InvalidArgument, "datatype 'FLOAT'; allowed");
        await AssertFailsAsync(large, StatusCode.ResourceExhausted, "exceeds");
        Assert.True((await Client.ServerReadyAsync(new(), cancellationToken: Token)).Ready);
    }

    [Fact]
    public async Task ModelInfer_APassedDeadline_IsDeadlineExceeded()
    {
        ModelInferRequest request = Request();
        request.Parameters["timeout"] = new InferParameter { Int64Param = 1 };
        request.RawInputContents.Add(ByteString.CopyFrom(new byte[16]));

        await AssertFailsAsync(request, StatusCode.DeadlineExceeded, "deadline");
    }

    private static ModelInferRequest Request(int rows = 1) =>
        new()
        {
            ModelName = "mlp",
            Id = "abc",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "FP32",
                    Shape = { rows, 4 },
                },
            },
        };

    private async Task AssertFailsAsync(ModelInferRequest request, StatusCode code, string expected)
    {
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await Client.ModelInferAsync(request, cancellationToken: Token)
        );
        Assert.Equal(code, exception.StatusCode);
        Assert.Contains(expected, exception.Status.Detail, StringComparison.OrdinalIgnoreCase);
    }
}
