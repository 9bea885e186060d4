using System.Diagnostics;
using OrleansInference.Load.Measurement;

namespace OrleansInference.Load.Http;

/// <summary>
/// Sends at scheduled times whatever the server does. Each free connection waits for the next arrival itself, which
/// is a dispatcher and its pool without a hand-over between threads. Latency runs from the scheduled time.
/// </summary>
internal sealed class OpenLoop(byte[] request, MeasuredWindow window, ArrivalSchedule schedule) : ILoop
{
    /// <summary>How long after the window its backlog may still be sent.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private long unsent;

    public long Unsent => Volatile.Read(ref unsent);

    public void Run(HttpConnection connection, LatencyRecorder recorder)
    {
        for (var due = schedule.Take(); due < window.End; due = schedule.Take())
        {
            PreciseClock.WaitUntil(due);
            var sent = Stopwatch.GetTimestamp();
            var counted = due >= window.Start;
            if (Stopwatch.GetElapsedTime(window.End, sent) > Grace)
            {
                if (counted)
                {
                    Interlocked.Increment(ref unsent);
                }
                continue;
            }

            var status = Exchange.Try(connection, request);
            if (!counted)
            {
                continue;
            }
            if (Stopwatch.GetElapsedTime(due, sent) > TimeSpan.FromMilliseconds(1))
            {
                recorder.RecordLate();
            }
            if (status < 0)
            {
                recorder.RecordFailure(Exchange.ConnectionFailure);
            }
            else
            {
                recorder.Record(status, Stopwatch.GetElapsedTime(due));
            }
        }
    }
}
