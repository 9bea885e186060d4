using System.Diagnostics;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Raw;

/// <summary>What the machine can do at all: ONNX Runtime without a server, in rows a second.</summary>
internal static class RawReference
{
    private const double Warmup = 0.3;

    public static double RowsPerSecond(
        ModelFile model,
        RawSetting setting,
        double seconds,
        CancellationToken cancellation
    )
    {
        using var session = ModelFile.OpenSession(model.Path, setting.Threads);
        var runs = Enumerable
            .Range(0, setting.Callers)
            .Select(_ => new BoundRun(session, model, setting.Batch))
            .ToArray();
        var rows = 0L;
        var window = new MeasuredWindow(Warmup, seconds);
        var threads = runs.Select(run => new Thread(() => Interlocked.Add(ref rows, Call(run, window) * setting.Batch)))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        try
        {
            window.WaitUntil(window.End, cancellation);
        }
        finally
        {
            Array.ForEach(threads, thread => thread.Join());
            Array.ForEach(runs, run => run.Dispose());
        }

        return rows / seconds;
    }

    public static float[] FirstOutput(ModelFile model)
    {
        using var session = ModelFile.OpenSession(model.Path, 1);
        using var run = new BoundRun(session, model, 1);
        run.Run();
        return run.FirstOutput.ToArray();
    }

    private static long Call(BoundRun run, MeasuredWindow window)
    {
        var count = 0L;
        for (var now = Stopwatch.GetTimestamp(); now < window.End; )
        {
            run.Run();
            now = Stopwatch.GetTimestamp();
            if (now >= window.Start && now < window.End)
            {
                count++;
            }
        }

        return count;
    }
}
