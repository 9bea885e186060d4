using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OrleansInference.Load.Http;

/// <summary>
/// Waits to a stamp within about 50 µs: the runtime's own waits round to milliseconds, which an open loop would show as
/// latency.
/// </summary>
internal static partial class PreciseClock
{
    private const int Monotonic = 1;
    private const int Absolute = 1;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static void WaitFor(TimeSpan time) =>
        WaitUntil(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    public static void WaitUntil(long stamp)
    {
        // On Linux the stamps are CLOCK_MONOTONIC in nanoseconds. A signal may wake early: ask the clock again.
        while (stamp > Stopwatch.GetTimestamp())
        {
            if (!OperatingSystem.IsLinux() || Stopwatch.Frequency != NanosecondsPerSecond)
            {
                Thread.Yield();
                continue;
            }

            var until = new TimeSpec
            {
                Seconds = (nint)(stamp / NanosecondsPerSecond),
                Nanoseconds = (nint)(stamp % NanosecondsPerSecond),
            };
            _ = Sleep(Monotonic, Absolute, until, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int Sleep(int clock, int flags, in TimeSpec until, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
