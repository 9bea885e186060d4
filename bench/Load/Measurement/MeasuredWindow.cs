using System.Diagnostics;

namespace OrleansInference.Load.Measurement;

/// <summary>The measured time in <see cref="Stopwatch"/> stamps; cancelling closes it at once.</summary>
internal sealed class MeasuredWindow
{
    private long end;

    public MeasuredWindow(double warmup, double seconds)
    {
        Begin = Stopwatch.GetTimestamp();
        Start = Begin + (long)(warmup * Stopwatch.Frequency);
        end = Start + (long)(seconds * Stopwatch.Frequency);
    }

    public long Begin { get; }

    public long Start { get; }

    public long End => Volatile.Read(ref end);

    public void Close() => Volatile.Write(ref end, 0);

    /// <summary>Waits until the stamp has come, or throws when cancelled.</summary>
    public async Task DelayUntilAsync(long stamp, CancellationToken cancellation)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), stamp);
        try
        {
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellation);
        }
        catch (OperationCanceledException)
        {
            Close();
            throw;
        }
    }

    /// <summary>Blocks until the stamp has come, or throws when cancelled.</summary>
    public void WaitUntil(long stamp, CancellationToken cancellation)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), stamp);
        if (left > TimeSpan.Zero && cancellation.WaitHandle.WaitOne(left))
        {
            Close();
        }
        cancellation.ThrowIfCancellationRequested();
    }
}
