using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Http;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Protocol;

namespace OrleansInference.Gateway.Tests.Grpc;

public sealed class GrpcServiceTests(SharedHost shared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<InferenceError> Errors =>
        [.. Enum.GetValues<InferenceError>().Where(error => error != InferenceError.None)];

    public static TheoryData<string, StatusCode, string> BadRequests =>
        new()
        {
            { "no inputs", StatusCode.InvalidArgument, "raw_input_contents has 1 elements for 0 inputs" },
            { "datatype", StatusCode.InvalidArgument, "datatype 'FLOAT'; allowed" },
            { "raw count", StatusCode.InvalidArgument, "raw_input_contents has 2 elements for 1 inputs" },
            { "both", StatusCode.InvalidArgument, "both contents and raw_input_contents" },
            { "negative", StatusCode.InvalidArgument, "'x' has shape [-1,4]" },
            { "overflow", StatusCode.InvalidArgument, "'x' has shape" },
            { "rank", StatusCode.InvalidArgument, "33 dimensions" },
            { "range", StatusCode.InvalidArgument, "element 256" },
            { "typed half", StatusCode.InvalidArgument, "raw_input_contents" },
            { "version", StatusCode.InvalidArgument, "'one'" },
            { "timeout", StatusCode.InvalidArgument, "'timeout' is -1" },
            { "sequence", StatusCode.InvalidArgument, "'sequence_id' is -1" },
            { "classification", StatusCode.InvalidArgument, "'classification' must be a whole number" },
            { "many outputs", StatusCode.InvalidArgument, "more than 1024 outputs" },
            { "duplicate output", StatusCode.InvalidArgument, "output 'x' already exists in request" },
            { "shared memory", StatusCode.Unimplemented, "shared memory" },
            { "large", StatusCode.ResourceExhausted, "exceeds" },
            { "bomb", StatusCode.ResourceExhausted, "exceeds" },
        };

    [Fact]
    public async Task Calls_HealthAndMetadata_AreTheProtocols()
    {
        GRPCInferenceService.GRPCInferenceServiceClient client = shared.Host.Grpc;

        Assert.True((await client.ServerLiveAsync(new(), cancellationToken: Token)).Live);
        Assert.True((await client.ServerReadyAsync(new(), cancellationToken: Token)).Ready);
        Assert.True((await client.ModelReadyAsync(new() { Name = "echo" }, cancellationToken: Token)).Ready);
        Assert.False(
            (await client.ModelReadyAsync(new() { Name = "echo", Version = "4" }, cancellationToken: Token)).Ready
        );
        Assert.Equal(
            [
                "classification",
                "sequence",
                "model_repository",
                "model_repository(unload_dependents)",
                "schedule_policy",
                "model_configuration",
                "binary_tensor_data",
                "parameters",
                "statistics",
                "trace",
                "logging",
            ],
            (await client.ServerMetadataAsync(new(), cancellationToken: Token)).Extensions
        );
        ModelMetadataResponse model = await client.ModelMetadataAsync(
            new() { Name = "echo" },
            cancellationToken: Token
        );
        Assert.Equal(("echo", "3", "onnxruntime_onnx"), (model.Name, model.Versions.Single(), model.Platform));
        Assert.Equal([-1L, 4], model.Inputs.Single().Shape);
        Assert.Equal("INT64", model.Outputs.Single().Datatype);
    }

    [Theory]
    [InlineData("nope", "", StatusCode.NotFound)]
    [InlineData("echo", "one", StatusCode.InvalidArgument)]
    [InlineData("throws", "", StatusCode.Internal)]
    public async Task ModelMetadata_AnError_HasItsStatus(string model, string version, StatusCode code)
    {
        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await shared.Host.Grpc.ModelMetadataAsync(
                new() { Name = model, Version = version },
                cancellationToken: Token
            )
        );

        Assert.Equal(code, exception.StatusCode);
        Assert.DoesNotContain("secret", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task ModelInfer_AnErrorOfTheDispatcher_HasItsStatus(InferenceError error)
    {
        ModelInferRequest request = Request();
        request.ModelName = $"{error}";

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await shared.Host.Grpc.ModelInferAsync(request, cancellationToken: Token)
        );

        Assert.Equal(
            (InferenceErrorMapping.ToGrpc(error), $"answered {error}"),
            (exception.StatusCode, exception.Status.Detail)
        );
    }

    [Fact]
    public async Task ModelInfer_AnUnexpectedFailure_IsInternalWithoutItsInsides()
    {
        ModelInferRequest request = Request();
        request.ModelName = "throws";

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await shared.Host.Grpc.ModelInferAsync(request, cancellationToken: Token)
        );

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
        Assert.DoesNotContain("secret", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(BadRequests))]
    public async Task ModelInfer_ABadRequest_IsNamedWithItsCode(string which, StatusCode code, string expected)
    {
        ModelInferRequest request = Request();
        Metadata headers = [];
        ModelInferRequest.Types.InferInputTensor input = request.Inputs[0];
        switch (which)
        {
            case "no inputs":
                request.Inputs.Clear();
                break;
            case "datatype":
                input.Datatype = "FLOAT";
                break;
            case "raw count":
                request.RawInputContents.Add(ByteString.Empty);
                break;
            case "both":
                input.Contents = new InferTensorContents { Fp32Contents = { 1 } };
                break;
            case "negative":
                input.Shape[0] = -1;
                break;
            case "overflow":
                input.Shape[0] = long.MaxValue;
                break;
            case "rank":
                input.Shape.Clear();
                input.Shape.Add(Enumerable.Repeat(1L, 33));
                break;
            case "range":
                request.RawInputContents.Clear();
                input.Datatype = "UINT8";
                input.Contents = new InferTensorContents { UintContents = { 256 } };
                break;
            case "typed half":
                request.RawInputContents.Clear();
                input.Datatype = "FP16";
                input.Contents = new InferTensorContents();
                break;
            case "version":
                request.ModelVersion = "one";
                break;
            case "timeout":
                request.Parameters["timeout"] = new InferParameter { Int64Param = -1 };
                break;
            case "sequence":
                request.Parameters["sequence_id"] = new InferParameter { Int64Param = -1 };
                break;
            case "classification":
                request.Outputs.Add(
                    new ModelInferRequest.Types.InferRequestedOutputTensor
                    {
                        Name = "x",
                        Parameters = { ["classification"] = new InferParameter { StringParam = "3" } },
                    }
                );
                break;
            case "many outputs":
                request.Outputs.Add(
                    Enumerable
                        .Range(0, 5000)
                        .Select(i => new ModelInferRequest.Types.InferRequestedOutputTensor { Name = $"{i}" })
                );
                break;
            case "duplicate output":
                request.Outputs.Add([
                    new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "x" },
                    new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "x" },
                ]);
                break;
            case "shared memory":
                request.RawInputContents.Clear();
                input.Parameters["shared_memory_region"] = new InferParameter { StringParam = "r" };
                break;
            case "large":
                request.RawInputContents[0] = ByteString.CopyFrom(new byte[GatewayHost.BodyLimit * 2]);
                break;
            case "bomb":
                request.RawInputContents[0] = ByteString.CopyFrom(new byte[GatewayHost.BodyLimit * 32]);
                headers.Add("grpc-internal-encoding-request", "gzip");
                break;
        }

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
            await shared.Host.Grpc.ModelInferAsync(request, headers, cancellationToken: Token)
        );

        Assert.Equal(code, exception.StatusCode);
        Assert.Contains(expected, exception.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("echo", (await shared.Host.Grpc.ModelInferAsync(Request(), cancellationToken: Token)).ModelName);
    }

    [Fact]
    public async Task ModelInfer_Compressed_IsServed()
    {
        Metadata headers = new() { { "grpc-internal-encoding-request", "gzip" } };

        ModelInferResponse response = await shared.Host.Grpc.ModelInferAsync(
            Request(),
            headers,
            cancellationToken: Token
        );

        Assert.Equal(16, response.RawOutputContents[0].Length);
    }

    [Fact]
    public async Task ModelInfer_AMessageAtTheLimit_IsServed()
    {
        ModelInferRequest request = Request();
        request.Inputs[0].Datatype = "UINT8";
        request.RawInputContents[0] = ByteString.CopyFrom(new byte[GatewayHost.BodyLimit - 100]);
        request.RawInputContents[0] = ByteString.CopyFrom(
            new byte[GatewayHost.BodyLimit - 100 + GatewayHost.BodyLimit - request.CalculateSize()]
        );
        Assert.Equal(GatewayHost.BodyLimit, request.CalculateSize());

        ModelInferResponse response = await shared.Host.Grpc.ModelInferAsync(request, cancellationToken: Token);

        Assert.Equal(request.RawInputContents[0].Length, response.RawOutputContents[0].Length);
    }

    [Fact]
    public async Task ModelInfer_ParametersAndOutputs_ReachTheDispatcher()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest request = Request();
        request.Parameters["priority"] = new InferParameter { Int64Param = 2 };
        request.Parameters["timeout"] = new InferParameter { Uint64Param = 5_000_000 };
        request.Parameters["slo_p99_ms"] = new InferParameter { DoubleParam = 12.5 };
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "x" });

        await host.Grpc.ModelInferAsync(request, cancellationToken: Token);

        InferenceCall seen = host.Dispatcher.Last!;
        Assert.Equal((2u, TimeSpan.FromSeconds(5), 12.5), (seen.Priority, seen.Timeout, seen.SloP99Ms));
        Assert.Equal(["x"], seen.RequestedOutputs);
    }

    [Theory]
    [InlineData(3600, 5, 0, 5)]
    [InlineData(60, 3600, 1, 60)]
    [InlineData(60, 0, 1, 60)]
    public async Task ModelInfer_DeadlineAndTimeout_TheNearerHolds(
        int deadlineSeconds,
        int timeoutSeconds,
        int lowest,
        int highest
    )
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest request = Request();
        if (timeoutSeconds > 0)
        {
            request.Parameters["timeout"] = new InferParameter { Int64Param = timeoutSeconds * 1_000_000L };
        }

        await host.Grpc.ModelInferAsync(
            request,
            deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(deadlineSeconds),
            cancellationToken: Token
        );

        Assert.InRange(host.Dispatcher.Last!.Timeout, TimeSpan.FromSeconds(lowest), TimeSpan.FromSeconds(highest));
    }

    [Fact]
    public async Task ModelInfer_TheClientCancels_CancelsTheDispatcherAndReleasesAll()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, token) =>
        {
            entered.SetResult();
            await using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
            await cancelled.Task;
            request.Dispose();
            return InferenceAnswer.Failure(request, InferenceError.Cancelled, "cancelled");
        };
        using CancellationTokenSource cancel = new();
        AsyncUnaryCall<ModelInferResponse> call = host.Grpc.ModelInferAsync(Request(), cancellationToken: cancel.Token);
        await entered.Task.WaitAsync(Token);

        await cancel.CancelAsync();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        host.Dispatcher.Handler = null;
        await host.Grpc.ModelInferAsync(Request(), cancellationToken: Token);
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task ModelInfer_ManyAtOnce_ReturnTheirOwnBytesAndReleaseAll()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();

        await Parallel.ForAsync(
            0,
            300,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token },
            async (i, token) =>
            {
                byte[] bytes = new byte[20_000];
                Array.Fill(bytes, (byte)i);
                ModelInferRequest request = Request();
                request.RawInputContents[0] = ByteString.CopyFrom(bytes);
                ModelInferResponse response = await host.Grpc.ModelInferAsync(request, cancellationToken: token);
                Assert.Equal(bytes, response.RawOutputContents[0].ToByteArray());
            }
        );

        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task ModelInfer_MoreBytesThanMayBeInFlight_IsResourceExhausted()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(
            ("MaxRequestBodyBytes", "100000"),
            ("MaxBytesInFlight", "100000")
        );
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, _) =>
        {
            entered.TrySetResult();
            await leave.Task;
            return host.Dispatcher.Echo(request);
        };
        ModelInferRequest large = Request();
        large.RawInputContents[0] = ByteString.CopyFrom(new byte[60_000]);
        AsyncUnaryCall<ModelInferResponse> first = host.Grpc.ModelInferAsync(large, cancellationToken: Token);
        await entered.Task.WaitAsync(Token);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await host.Grpc.ModelInferAsync(large, cancellationToken: Token)
        );

        leave.SetResult();
        await first;
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains("Gateway:MaxBytesInFlight", refused.Status.Detail, StringComparison.Ordinal);
    }

    private static ModelInferRequest Request() =>
        new()
        {
            ModelName = "echo",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "FP32",
                    Shape = { 1, 4 },
                },
            },
            RawInputContents = { ByteString.CopyFrom(new byte[16]) },
        };
}
