namespace OrleansInference.Cli.Bench;

/// <summary>
/// When the requests of an open loop are sent, in seconds from the start. Pure: the same seed, the same times.
/// </summary>
internal static class ArrivalSchedule
{
    /// <summary>Evenly spaced.</summary>
    /// <param name="rate">Requests a second, over 0.</param>
    /// <param name="seconds">How long.</param>
    public static IEnumerable<double> Constant(double rate, double seconds)
    {
        for (long i = 0; i / rate < seconds; i++)
        {
            yield return i / rate;
        }
    }

    /// <summary>A Poisson process: exponential gaps of mean 1 ÷ <paramref name="rate"/>.</summary>
    public static IEnumerable<double> Poisson(double rate, double seconds, Random random)
    {
        for (double at = Gap(); at < seconds; at += Gap())
        {
            yield return at;
        }

        double Gap() => -Math.Log(1 - random.NextDouble()) / rate;
    }

    /// <summary>Recorded arrivals, <paramref name="speedup"/> times as fast.</summary>
    public static IEnumerable<double> Recorded(IEnumerable<double> times, double speedup, double seconds) =>
        times.Select(at => at / speedup).TakeWhile(at => at < seconds);
}
