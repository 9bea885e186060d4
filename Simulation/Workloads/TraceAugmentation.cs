using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Workloads;

/// <summary>
/// More traces out of few: each makes a new workload of the old, in the order of time, the same for the same seed.
/// </summary>
public static class TraceAugmentation
{
    /// <summary>
    /// Time runs now faster, now slower: the speed is 2^(a·sin) with a period of <paramref name="periodSeconds"/>;
    /// length and number of requests stay.
    /// </summary>
    /// <param name="workload">The workload.</param>
    /// <param name="strength">a ≥ 0; at 1 the rate goes from about half to about twice.</param>
    /// <param name="periodSeconds">The period, &gt; 0.</param>
    public static Workload Warp(Workload workload, double strength, double periodSeconds)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentOutOfRangeException.ThrowIfNegative(strength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(periodSeconds);
        // The integral of the speed, at steps of a hundredth of the period, scaled to end where it began.
        int steps = (int)Math.Ceiling(workload.Seconds / periodSeconds * 100) + 1;
        double[] passed = new double[steps + 1];
        for (int i = 1; i <= steps; i++)
        {
            passed[i] = passed[i - 1] + Math.Pow(2, strength * Math.Sin(2 * Math.PI * (i - 0.5) / 100));
        }
        double step = workload.Seconds / steps;
        double scale = workload.Seconds / passed[steps];
        return With(
            workload,
            workload.Arrivals.Select(arrival =>
            {
                double at = arrival.At / (double)TimeSpan.TicksPerSecond / step;
                int i = Math.Clamp((int)at, 0, steps - 1);
                double warped = (passed[i] + ((at - i) * (passed[i + 1] - passed[i]))) * scale;
                return arrival with { At = (long)(warped * TimeSpan.TicksPerSecond) };
            })
        );
    }

    /// <summary>Keeps each request with a probability.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="share">The probability, 0 to 1.</param>
    /// <param name="seed">Seed of which.</param>
    public static Workload Thin(Workload workload, double share, long seed)
    {
        ArgumentNullException.ThrowIfNull(workload);
        if (!(share is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(share), share, "a share from 0 to 1 is allowed");
        }
        SimulationRandom random = new(seed, 21);
        return With(workload, workload.Arrivals.Where(_ => random.NextDouble() < share));
    }

    /// <summary>Both at once, as long as the shorter.</summary>
    public static Workload Superpose(Workload one, Workload other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        double seconds = Math.Min(one.Seconds, other.Seconds);
        long end = (long)(seconds * TimeSpan.TicksPerSecond);
        return With(new Workload([], seconds), one.Arrivals.Concat(other.Arrivals).Where(arrival => arrival.At < end));
    }

    /// <summary>Bursts: in some spans each request comes several times, within the span.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="factor">How many times as many, ≥ 1.</param>
    /// <param name="bursts">Number of spans, ≥ 0.</param>
    /// <param name="seconds">Length of each, &gt; 0.</param>
    /// <param name="seed">Seed of where.</param>
    public static Workload Burst(Workload workload, double factor, int bursts, double seconds, long seed)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(bursts);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(seconds);
        SimulationRandom random = new(seed, 22);
        List<Arrival> all = [.. workload.Arrivals];
        for (int burst = 0; burst < bursts; burst++)
        {
            double begin = random.NextDouble() * Math.Max(0, workload.Seconds - seconds);
            long from = (long)(begin * TimeSpan.TicksPerSecond);
            long to = (long)((begin + seconds) * TimeSpan.TicksPerSecond);
            foreach (Arrival arrival in workload.Arrivals.Where(arrival => arrival.At >= from && arrival.At < to))
            {
                double more = factor - 1;
                for (; more > 0; more--)
                {
                    if (more < 1 && random.NextDouble() >= more)
                    {
                        break;
                    }
                    all.Add(arrival with { At = from + (long)(random.NextDouble() * (to - from)) });
                }
            }
        }

        return With(workload, all);
    }

    private static Workload With(Workload workload, IEnumerable<Arrival> arrivals) =>
        new([.. arrivals.OrderBy(arrival => arrival.At).ThenBy(arrival => arrival.Model)], workload.Seconds);
}
