using System.Diagnostics;

namespace OrleansInference.Load.Http;

/// <summary>Poisson arrivals from a seed. Whichever connection is free takes the next one, late or not.</summary>
internal sealed class ArrivalSchedule(double rate, int seed, long start)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private double next = start;

    public long Take()
    {
        lock (gate)
        {
            next += -Math.Log(1 - random.NextDouble()) / rate * Stopwatch.Frequency;
            return (long)next;
        }
    }
}
