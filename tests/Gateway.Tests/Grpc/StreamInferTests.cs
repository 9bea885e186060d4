using Google.Protobuf;
using Grpc.Core;
using OrleansInference.Gateway.Tests.Hosting;
using OrleansInference.Grains.Interfaces.Inference;

namespace OrleansInference.Gateway.Tests.Grpc;

public sealed class StreamInferTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ModelStreamInfer_ManyRequests_AreAnsweredInOrder()
    {
        const int Requests = 200;
        await using GatewayHost host = await GatewayHost.StartAsync();
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        for (int i = 0; i < Requests; i++)
        {
            await call.RequestStream.WriteAsync(Request(i), Token);
        }
        await call.RequestStream.CompleteAsync();

        for (int i = 0; i < Requests; i++)
        {
            ModelInferResponse answer = await NextAsync(call);
            Assert.Equal(($"{i}", (byte)i), (answer.Id, answer.RawOutputContents[0][0]));
        }

        Assert.False(await call.ResponseStream.MoveNext(Token));
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task ModelStreamInfer_TheFirstIsSlowest_IsStillAnsweredFirst()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        TaskCompletionSource second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, _) =>
        {
            if (request.Id == "0")
            {
                await second.Task;
            }
            else
            {
                second.SetResult();
            }
            return host.Dispatcher.Echo(request);
        };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        await call.RequestStream.WriteAsync(Request(0), Token);
        await call.RequestStream.WriteAsync(Request(1), Token);

        Assert.Equal("0", (await NextAsync(call)).Id);
        Assert.Equal("1", (await NextAsync(call)).Id);
    }

    [Fact]
    public async Task ModelStreamInfer_ErrorsBetween_AreAnswersAndTheStreamGoesOn()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest malformed = Request(1);
        ModelInferRequest failing = Request(2);
        ModelInferRequest throwing = Request(3);
        malformed.Inputs[0].Datatype = "FLOAT";
        failing.ModelName = "Unavailable";
        throwing.ModelName = "throws";
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        foreach (ModelInferRequest request in new[] { Request(0), malformed, failing, throwing, Request(4) })
        {
            await call.RequestStream.WriteAsync(request, Token);
        }
        await call.RequestStream.CompleteAsync();

        List<ModelStreamInferResponse> answers = await call.ResponseStream.ReadAllAsync(Token).ToListAsync(Token);
        Assert.Equal(["0", "1", "2", "3", "4"], answers.Select(answer => answer.InferResponse.Id));
        Assert.Contains("datatype 'FLOAT'", answers[1].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("answered Unavailable", answers[2].ErrorMessage);
        Assert.NotEmpty(answers[3].ErrorMessage);
        Assert.DoesNotContain("secret", answers[3].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(["", ""], new[] { answers[0].ErrorMessage, answers[4].ErrorMessage });
        await host.StopAndCheckAsync();
    }

    [Fact]
    public async Task ModelStreamInfer_TheServerStops_EndsWithTheLastAnswerAndSaysSo()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource otherEntered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource otherLeave = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, _) =>
        {
            (request.Id == "0" ? entered : otherEntered).SetResult();
            await (request.Id == "0" ? leave : otherLeave).Task;
            return host.Dispatcher.Echo(request);
        };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );
        await call.RequestStream.WriteAsync(Request(0), Token);
        await entered.Task.WaitAsync(Token);
        // Another call keeps the connection open: a client drops what it has not read yet when its connection closes.
        using AsyncUnaryCall<ModelInferResponse> other = host.Grpc.ModelInferAsync(
            Request(1),
            cancellationToken: Token
        );
        await otherEntered.Task.WaitAsync(Token);

        Task stop = host.StopAndCheckAsync();
        leave.SetResult();

        Assert.Equal("0", (await NextAsync(call)).Id);
        Assert.Equal(
            StatusCode.Unavailable,
            (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token))).StatusCode
        );
        otherLeave.SetResult();
        Assert.Equal("1", (await other).Id);
        await stop;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ModelStreamInfer_AFinalResponseAskedFor_IsMarked(bool asked)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        ModelInferRequest request = Request(0);
        request.Parameters["triton_enable_empty_final_response"] = new InferParameter { BoolParam = asked };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        await call.RequestStream.WriteAsync(request, Token);

        ModelInferResponse answer = await NextAsync(call);
        Assert.Equal(
            asked,
            answer.Parameters.TryGetValue("triton_final_response", out InferParameter? final) && final.BoolParam
        );
    }

    /// <summary>
    /// More than the stream's window of 64: the request that waits to be taken up must be released like the others.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(66)]
    public async Task ModelStreamInfer_TheClientCancels_CancelsAllAndReleasesAll(int requests)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        int entered = 0;
        int cancellations = 0;
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Dispatcher.Handler = async (request, token) =>
        {
            TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration registration = token.Register(mine.SetResult);
            if (Interlocked.Increment(ref entered) == requests)
            {
                all.SetResult();
            }
            await mine.Task;
            if (Interlocked.Increment(ref cancellations) == requests)
            {
                cancelled.SetResult();
            }
            return host.Dispatcher.Echo(request);
        };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );
        for (int i = 0; i < requests; i++)
        {
            await call.RequestStream.WriteAsync(Request(i), Token);
        }
        await all.Task.WaitAsync(Token);

        call.Dispose();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await host.StopAndCheckAsync();
    }

    /// <summary>Refused by the gate, and not readable: neither gets to the dispatcher, which is told of both.</summary>
    [Theory]
    [InlineData(true, "it is full")]
    [InlineData(false, "parameter 'priority'")]
    public async Task ModelStreamInfer_ARefusedRequestOfASequence_EndsIt(bool gate, string reason)
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        if (gate)
        {
            host.Gate.Handler = _ => new AdmissionOutcome(null, "it is full", TimeSpan.FromSeconds(1));
        }
        ModelInferRequest request = Request(0);
        request.ModelName = "sequences";
        request.Parameters["priority"] = new InferParameter { Int64Param = -1 };
        request.Parameters["sequence_id"] = new InferParameter { Int64Param = 7 };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        await call.RequestStream.WriteAsync(request, Token);
        await call.RequestStream.CompleteAsync();
        await call.ResponseStream.MoveNext(Token);

        Assert.Contains(reason, call.ResponseStream.Current.ErrorMessage, StringComparison.Ordinal);
        (string model, _, string id, string told) = Assert.Single(host.Dispatcher.Broken);
        Assert.Equal(("sequences", "7"), (model, id));
        Assert.Contains(reason, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelStreamInfer_SequenceParameters_ReachTheDispatcherInOrder()
    {
        await using GatewayHost host = await GatewayHost.StartAsync();
        List<(string, bool, bool)> seen = [];
        host.Dispatcher.Handler = (request, _) =>
        {
            seen.Add((request.SequenceId, request.SequenceStart, request.SequenceEnd));
            return new ValueTask<InferenceAnswer>(host.Dispatcher.Echo(request));
        };
        ModelInferRequest start = Request(0);
        ModelInferRequest middle = Request(1);
        ModelInferRequest end = Request(2);
        foreach (ModelInferRequest request in new[] { start, middle })
        {
            request.Parameters["sequence_id"] = new InferParameter { Uint64Param = ulong.MaxValue };
        }
        end.Parameters["sequence_id"] = new InferParameter { StringParam = "text" };
        start.Parameters["sequence_start"] = new InferParameter { BoolParam = true };
        end.Parameters["sequence_end"] = new InferParameter { BoolParam = true };
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = host.Grpc.ModelStreamInfer(
            cancellationToken: Token
        );

        foreach (ModelInferRequest request in new[] { start, middle, end })
        {
            await call.RequestStream.WriteAsync(request, Token);
        }
        for (int i = 0; i < 3; i++)
        {
            await NextAsync(call);
        }

        Assert.Equal(
            [("18446744073709551615", true, false), ("18446744073709551615", false, false), ("text", false, true)],
            seen
        );
    }

    private static async Task<ModelInferResponse> NextAsync(
        AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call
    )
    {
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal("", call.ResponseStream.Current.ErrorMessage);
        return call.ResponseStream.Current.InferResponse;
    }

    private static ModelInferRequest Request(int id) =>
        new()
        {
            ModelName = "echo",
            Id = $"{id}",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "x",
                    Datatype = "UINT8",
                    Shape = { 1 },
                },
            },
            RawInputContents = { ByteString.CopyFrom((byte)id) },
        };
}
