using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Orleans;

/// <summary>
/// A closed loop of asynchronous callers over one Orleans client, as a service that embeds it has them.
/// </summary>
internal static class CallRun
{
    public static async Task<CallCost> ExecuteAsync(CallPlan plan, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.ClearProviders();
        builder.Services.AddInferenceClient().UseOrleans(plan.Gateway);
        using var host = builder.Build();
        await host.StartAsync(cancellation);
        try
        {
            return await MeasureAsync(host.Services.GetRequiredService<IInferenceClient>(), plan, cancellation);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static async Task<CallCost> MeasureAsync(
        IInferenceClient client,
        CallPlan plan,
        CancellationToken cancellation
    )
    {
        // The first call finds what would fail them all.
        (await client.InferAsync(plan.Request, cancellation)).Dispose();
        var recorders = Enumerable.Range(0, plan.InFlight).Select(_ => new LatencyRecorder()).ToArray();
        var window = new MeasuredWindow(plan.Warmup, plan.Seconds);
        var callers = Task.WhenAll(
            recorders.Select(recorder =>
                Task.Run(() => CallAsync(client, plan, window, recorder, cancellation), cancellation)
            )
        );
        try
        {
            await UntilAsync(window.Start, callers, cancellation);
            var silo = ProcessCpu.Seconds(plan.SiloProcess);
            var own = Environment.CpuUsage.TotalTime;
            await UntilAsync(window.End, callers, cancellation);
            own = Environment.CpuUsage.TotalTime - own;
            silo = ProcessCpu.Seconds(plan.SiloProcess) - silo;
            await callers;
            return Sum(plan, recorders, own, silo);
        }
        finally
        {
            window.Close();
            await callers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task CallAsync(
        IInferenceClient client,
        CallPlan plan,
        MeasuredWindow window,
        LatencyRecorder recorder,
        CancellationToken cancellation
    )
    {
        var sent = Stopwatch.GetTimestamp();
        while (sent < window.End)
        {
            // A call that fails ends the run: its cost is not that of an answer.
            (await client.InferAsync(plan.Request, cancellation)).Dispose();
            var answered = Stopwatch.GetTimestamp();
            if (answered >= window.Start && answered < window.End)
            {
                recorder.Record(200, Stopwatch.GetElapsedTime(sent, answered));
            }
            sent = answered;
        }
    }

    /// <summary>Waits without a pool thread, which the callers need; a caller that fails ends the wait.</summary>
    private static async Task UntilAsync(long stamp, Task callers, CancellationToken cancellation)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), stamp);
        if (left > TimeSpan.Zero && await Task.WhenAny(callers, Task.Delay(left, cancellation)) == callers)
        {
            await callers;
        }
        cancellation.ThrowIfCancellationRequested();
    }

    private static CallCost Sum(CallPlan plan, LatencyRecorder[] recorders, TimeSpan ownCpu, double? siloCpu)
    {
        var all = recorders[0];
        foreach (var recorder in recorders.AsSpan(1))
        {
            all.Add(recorder);
        }
        var calls = Math.Max(all.Requests, 1);
        return new CallCost
        {
            InFlight = plan.InFlight,
            Seconds = plan.Seconds,
            Calls = all.Requests,
            P50 = all.Milliseconds(50),
            P99 = all.Milliseconds(99),
            ClientCpu = ownCpu.TotalMicroseconds / calls,
            SiloCpu = siloCpu * 1e6 / calls,
            ModelCpu = plan.ModelMicroseconds,
        };
    }
}
