using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Grpc;

/// <summary>Runs a plan: a channel for each connection, and on each the next call after the answer.</summary>
internal static class GrpcLoadRun
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task<LoadResult> ExecuteAsync(GrpcPlan plan, CancellationToken cancellation)
    {
        var channels = Enumerable.Range(0, plan.Connections).Select(_ => InferChannel.Open(plan.Server)).ToArray();
        try
        {
            var expected = await FirstAsync(channels[0], plan.Request, cancellation);
            await Task.WhenAll(channels.Select(channel => channel.ConnectAsync(cancellation)));
            return await MeasureAsync(plan, channels, expected, cancellation);
        }
        catch (RpcException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new InvalidOperationException(
                $"http://{plan.Server}: the call failed with {failure.StatusCode}: {failure.Status.Detail}",
                failure
            );
        }
        finally
        {
            Array.ForEach(channels, channel => channel.Dispose());
        }
    }

    /// <summary>How long the right answer is: every other one must be as long.</summary>
    private static async Task<GrpcAnswerLength> FirstAsync(
        GrpcChannel channel,
        byte[] request,
        CancellationToken cancellation
    )
    {
        var options = new CallOptions(deadline: InferChannel.Deadline(), cancellationToken: cancellation);
        using var call = channel
            .CreateCallInvoker()
            .AsyncUnaryCall(InferCall.Method(new GrpcAnswerLength(0)), null, options, request);
        return await call.ResponseAsync;
    }

    private static async Task<LoadResult> MeasureAsync(
        GrpcPlan plan,
        GrpcChannel[] channels,
        GrpcAnswerLength expected,
        CancellationToken cancellation
    )
    {
        var recorders = channels.Select(_ => new LatencyRecorder()).ToArray();
        var window = new MeasuredWindow(plan.Warmup, plan.Seconds);
        // A call that hangs ends with the run and not before: a deadline would cost a timer for each.
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var loops = Task.WhenAll(
            channels.Zip(
                recorders,
                (channel, recorder) =>
                    Task.Run(() => LoopAsync(channel, plan.Request, expected, window, recorder, abandon.Token), default)
            )
        );
        try
        {
            await window.DelayUntilAsync(window.Start, cancellation);
            var server = ProcessCpu.Seconds(plan.ServerProcess);
            var own = Environment.CpuUsage.TotalTime;
            await window.DelayUntilAsync(window.End, cancellation);
            own = Environment.CpuUsage.TotalTime - own;
            server = ProcessCpu.Seconds(plan.ServerProcess) - server;
            abandon.CancelAfter(InferChannel.Patience);
            await loops;
            return LoadResult.Sum("closed, gRPC", recorders, plan.Seconds, server, own);
        }
        finally
        {
            // The caller disposes the channels: no call may still be in one.
            await abandon.CancelAsync();
            await loops;
        }
    }

    private static async Task LoopAsync(
        GrpcChannel channel,
        byte[] request,
        GrpcAnswerLength expected,
        MeasuredWindow window,
        LatencyRecorder recorder,
        CancellationToken abandon
    )
    {
        var invoker = channel.CreateCallInvoker();
        var method = InferCall.Method(expected);
        var options = new CallOptions(cancellationToken: abandon);
        var sent = Stopwatch.GetTimestamp();
        while (sent < window.End && !abandon.IsCancellationRequested)
        {
            var problem = await TryAsync(invoker, method, options, request, expected);
            var answered = Stopwatch.GetTimestamp();
            if (answered >= window.Start && answered < window.End)
            {
                if (problem is null)
                {
                    recorder.Record(200, Stopwatch.GetElapsedTime(sent, answered));
                }
                else
                {
                    recorder.RecordFailure(problem);
                }
            }
            if (problem is not null)
            {
                // A server that refuses at once must not turn this loop into a spin.
                await Task.Delay(Pause, CancellationToken.None);
            }

            sent = answered;
        }
    }

    /// <summary>Null for an answer of the right length, else the kind of error.</summary>
    private static async ValueTask<string?> TryAsync(
        CallInvoker invoker,
        Method<byte[], GrpcAnswerLength> method,
        CallOptions options,
        byte[] request,
        GrpcAnswerLength expected
    )
    {
        try
        {
            using var call = invoker.AsyncUnaryCall(method, null, options, request);
            var answer = await call.ResponseAsync.ConfigureAwait(false);
            return ReferenceEquals(answer, expected) ? null : "length of the answer";
        }
        catch (RpcException failure)
        {
            return failure.StatusCode.ToString();
        }
    }
}
