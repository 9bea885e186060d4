using System.Diagnostics;

namespace OrleansInference.GpuBench;

/// <summary>So many callers, each of which asks again once it is answered.</summary>
internal static class ClosedLoop
{
    /// <summary>Measures it.</summary>
    /// <param name="callers">Calls under way at once.</param>
    /// <param name="seconds">For how long calls are begun.</param>
    /// <param name="call">One call.</param>
    public static async Task<LoopResult> RunAsync(int callers, double seconds, Func<Task> call)
    {
        // The first calls of a shape choose kernels and grow memory.
        for (int i = 0; i < 3; i++)
        {
            await call();
        }
        long start = Stopwatch.GetTimestamp();
        IEnumerable<Task<List<double>>> calling = Enumerable
            .Range(0, callers)
            .Select(_ => Task.Run(() => CallAsync(start, seconds, call)));
        List<double>[] latencies = await Task.WhenAll(calling);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double[] sorted = [.. latencies.SelectMany(list => list).Order()];
        return new LoopResult(sorted.Length / elapsed, Quantile(sorted, 0.5), Quantile(sorted, 0.99));
    }

    private static async Task<List<double>> CallAsync(long start, double seconds, Func<Task> call)
    {
        List<double> latencies = [];
        do
        {
            long begin = Stopwatch.GetTimestamp();
            await call();
            latencies.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        } while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return latencies;
    }

    private static double Quantile(double[] sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
}
