using System.Diagnostics;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Http;

/// <summary>Runs a plan: a thread for each connection, CPU times at both ends of the window.</summary>
internal static class LoadRun
{
    private const int StackBytes = 256 << 10;

    public static LoadResult Execute(LoadPlan plan, CancellationToken cancellation)
    {
        var connections = Enumerable.Range(0, plan.Connections).Select(_ => new HttpConnection(plan.Server)).ToArray();
        try
        {
            foreach (var connection in connections)
            {
                connection.Connect();
            }
            return Measure(plan, connections, cancellation);
        }
        finally
        {
            foreach (var connection in connections)
            {
                connection.Dispose();
            }
        }
    }

    private static LoadResult Measure(LoadPlan plan, HttpConnection[] connections, CancellationToken cancellation)
    {
        var recorders = connections.Select(_ => new LatencyRecorder()).ToArray();
        var window = new MeasuredWindow(plan.Warmup, plan.Seconds);
        var open = plan.Rate is { } rate
            ? new OpenLoop(plan.Request, window, new ArrivalSchedule(rate, plan.Seed, window.Begin))
            : null;
        ILoop loop = open is null ? new ClosedLoop(plan.Request, window) : open;
        var threads = connections
            .Zip(
                recorders,
                (connection, recorder) =>
                    new Thread(() => loop.Run(connection, recorder), StackBytes) { IsBackground = true }
            )
            .ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        try
        {
            window.WaitUntil(window.Start, cancellation);
            var server = ProcessCpu.Seconds(plan.ServerProcess);
            var own = Environment.CpuUsage.TotalTime;
            var began = Stopwatch.GetTimestamp();
            window.WaitUntil(window.End, cancellation);

            // An open loop's backlog belongs to the window's requests, and so do its time and CPU.
            if (open is not null)
            {
                Array.ForEach(threads, thread => thread.Join());
            }
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            own = Environment.CpuUsage.TotalTime - own;
            server = ProcessCpu.Seconds(plan.ServerProcess) - server;
            Array.ForEach(threads, thread => thread.Join());
            var mode = open is null ? "closed" : "open";
            var result = LoadResult.Sum(mode, recorders, open is null ? plan.Seconds : seconds, server, own);
            return result with { Rate = plan.Rate, Unsent = open?.Unsent ?? 0 };
        }
        finally
        {
            // The caller disposes the connections: no thread may still be in one.
            Array.ForEach(threads, thread => thread.Join());
        }
    }
}
