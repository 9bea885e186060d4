using OrleansInference.Simulation.Core;

namespace OrleansInference.Simulation.Workloads;

/// <summary>Ways in which requests come. Pure: the same random stream, the same arrivals.</summary>
public static class ArrivalProcesses
{
    /// <summary>A Poisson process of a constant rate.</summary>
    /// <param name="rate">Requests a second, ≥ 0.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="random">Its random stream.</param>
    public static IEnumerable<double> Poisson(double rate, double seconds, SimulationRandom random)
    {
        if (rate <= 0)
        {
            yield break;
        }
        for (double at = random.Exponential(1 / rate); at < seconds; at += random.Exponential(1 / rate))
        {
            yield return at;
        }
    }

    /// <summary>A Poisson process whose rate changes with time, by thinning (Lewis, Shedler 1979).</summary>
    /// <param name="rate">Requests a second at a time, at most <paramref name="highest"/>.</param>
    /// <param name="highest">The highest rate.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="random">Its random stream.</param>
    public static IEnumerable<double> Varying(
        Func<double, double> rate,
        double highest,
        double seconds,
        SimulationRandom random
    )
    {
        foreach (double at in Poisson(highest, seconds, random))
        {
            if (random.NextDouble() * highest < rate(at))
            {
                yield return at;
            }
        }
    }

    /// <summary>
    /// Rates that jump between a calm and a bursty state (a Markov-modulated Poisson process): the rate by time.
    /// </summary>
    /// <param name="calm">Factor of the calm state.</param>
    /// <param name="burst">Factor of a burst.</param>
    /// <param name="calmSeconds">Mean length of the calm state.</param>
    /// <param name="burstSeconds">Mean length of a burst.</param>
    /// <param name="seconds">How long.</param>
    /// <param name="random">Its random stream.</param>
    public static Func<double, double> Bursts(
        double calm,
        double burst,
        double calmSeconds,
        double burstSeconds,
        double seconds,
        SimulationRandom random
    )
    {
        List<double> switches = [];
        double at = 0;
        for (bool calmNow = true; at < seconds; calmNow = !calmNow)
        {
            switches.Add(at += random.Exponential(calmNow ? calmSeconds : burstSeconds));
        }
        return time =>
        {
            int index = switches.BinarySearch(time);
            return ((index < 0 ? ~index : index) & 1) == 0 ? calm : burst;
        };
    }

    /// <summary>Puts streams of arrivals, each in order of time, into one workload.</summary>
    public static Workload Merge(double seconds, params IEnumerable<IEnumerable<Arrival>> streams) =>
        new([.. InOrder(streams)], seconds);

    /// <summary>
    /// All arrivals of streams in order of time, each stream in order itself; of two at once the lower model's first.
    /// Lazy: nothing is held of what has not come.
    /// </summary>
    public static IEnumerable<Arrival> InOrder(IEnumerable<IEnumerable<Arrival>> streams)
    {
        ArgumentNullException.ThrowIfNull(streams);
        // Equal times are ordered too: a queue's own order of equals must not decide what is simulated.
        PriorityQueue<(IEnumerator<Arrival> Stream, int Index), (long At, int Model, int Index)> heads = new();
        foreach ((int index, IEnumerable<Arrival> stream) in streams.Index())
        {
            Next(stream.GetEnumerator(), index);
        }
        while (heads.TryDequeue(out (IEnumerator<Arrival> Stream, int Index) head, out _))
        {
            yield return head.Stream.Current;
            Next(head.Stream, head.Index);
        }

        void Next(IEnumerator<Arrival> stream, int index)
        {
            if (stream.MoveNext())
            {
                heads.Enqueue((stream, index), (stream.Current.At, stream.Current.Model, index));
            }
            else
            {
                stream.Dispose();
            }
        }
    }

    /// <summary>Arrivals of one model at the given times, seconds.</summary>
    public static IEnumerable<Arrival> Of(int model, IEnumerable<double> times, Func<int>? rows = null) =>
        times.Select(at => new Arrival((long)Math.Round(at * TimeSpan.TicksPerSecond), model, rows?.Invoke() ?? 1));
}
