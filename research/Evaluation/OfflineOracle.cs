using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Research.Evaluation;

/// <summary>
/// An upper bound of what any scheduler could serve in time that knew all requests and the world's laws, in the mean of
/// their noise. It is let off everything but work. All nodes are one machine that divides and moves requests as it
/// likes. Every row costs what it costs in the best batch that can end in time. Links and loads take no time, memory is
/// no limit, and a request that is done in part counts in part.
/// </summary>
/// <remarks>
/// What remains is a linear program: fractions of requests of known work, each within its own window, on one machine.
/// The work that can be done for a set of requests is what earliest deadline first does for it (Glover 1967). That is a
/// polymatroid: taking the requests with the least work first is optimal (Edmonds 1970). A node's speed is the greatest
/// that its laws allow at any moment. Of the runs under way, the j-th oldest began beside at least j others, and is
/// slowed down by no less.
/// </remarks>
public sealed class OfflineOracle
{
    private const int Samples = 400;

    private readonly WorldSpec _world;
    private readonly double[] _secondsPerRow;

    /// <summary>Learns what a world can do at most.</summary>
    /// <param name="world">The cluster with its true laws.</param>
    public OfflineOracle(WorldSpec world)
    {
        ArgumentNullException.ThrowIfNull(world);
        _world = world;
        double capacity = world.Nodes.Sum(node => node.Speed * MostParallelism(world, node));
        _secondsPerRow = [.. world.Models.Select(model => LeastSecondsPerRow(world, model) / capacity)];
    }

    /// <summary>
    /// The bound: a share of the requests that come in [<paramref name="from"/>, <paramref name="to"/>), 0 to 1; 1
    /// where none come.
    /// </summary>
    /// <param name="workload">All requests; those outside the seconds need no service.</param>
    /// <param name="from">Seconds from which requests count.</param>
    /// <param name="to">Seconds from which they count no more.</param>
    public double MostInTime(Workload workload, double from, double to)
    {
        ArgumentNullException.ThrowIfNull(workload);
        OracleRequest[] requests =
        [
            .. from arrival in workload.Arrivals
            let at = (double)arrival.At / TimeSpan.TicksPerSecond
            where at >= @from && at < to
            select new OracleRequest(
                at,
                at + _world.Models[arrival.Model].SloSeconds,
                _secondsPerRow[arrival.Model] * arrival.Rows
            ),
        ];
        if (requests.Length == 0)
        {
            return 1;
        }
        double served = 0;
        double done = 0;
        foreach (double work in requests.Select(request => request.Seconds).Distinct().Order())
        {
            double all = EarliestDeadlineFirst(requests, work);
            served += (all - done) / work;
            done = all;
        }

        return Math.Min(1, served / requests.Length);
    }

    /// <summary>
    /// Seconds of work that one machine can do for the requests that take no more than <paramref name="most"/> each,
    /// every one within its window.
    /// </summary>
    private static double EarliestDeadlineFirst(OracleRequest[] requests, double most)
    {
        PriorityQueue<double, double> open = new();
        double now = 0;
        double done = 0;
        for (int next = 0; ; )
        {
            while (next < requests.Length && (requests[next].Seconds > most || requests[next].At <= now))
            {
                if (requests[next].Seconds <= most)
                {
                    open.Enqueue(requests[next].Seconds, requests[next].Deadline);
                }
                next++;
            }

            double until = next < requests.Length ? requests[next].At : double.PositiveInfinity;
            if (!open.TryDequeue(out double left, out double deadline))
            {
                if (double.IsPositiveInfinity(until))
                {
                    return done;
                }
                now = until;
                continue;
            }

            double share = Math.Max(0, Math.Min(left, Math.Min(deadline, until) - now));
            now = now + share;
            done = done + share;
            if (left > share && deadline > now)
            {
                open.Enqueue(left - share, deadline);
            }
        }
    }

    /// <summary>
    /// What a row costs in the best of the batches that the fastest node ends within the objective, alone on a node of
    /// speed 1; seconds.
    /// </summary>
    private static double LeastSecondsPerRow(WorldSpec world, WorldModel model)
    {
        double least = Mean(world.Law, model, 1, 1, 0, 1);
        for (int rows = 2; rows <= model.MaxRows; rows++)
        {
            double[] byThreads =
            [
                .. Enumerable
                    .Range(1, world.Nodes.Max(node => node.Cores))
                    .Select(threads => Mean(world.Law, model, rows, threads, 0, 1)),
            ];
            if (world.Nodes.Any(node => byThreads.Take(node.Cores).Min() / node.Speed <= model.SloSeconds))
            {
                least = Math.Min(least, byThreads[0] / rows);
            }
        }

        return least;
    }

    /// <summary>
    /// The most work that a node's runs can do at a moment, in cores, over all numbers of runs and of threads of each.
    /// Each run is as fast as its model of the mildest interference is beside those that began before it.
    /// </summary>
    private static double MostParallelism(WorldSpec world, WorldNode node)
    {
        double least = world.Models.Min(model => model.Intensity);
        int cores = node.Cores;
        int most = cores * cores;
        double[] alone = [.. world.Models.Select(model => Mean(world.Law, model, 1, 1, 0, 1))];
        double Rate(int older, int threads, double crowding) =>
            Enumerable
                .Range(0, alone.Length)
                .Max(model => alone[model] / Mean(world.Law, world.Models[model], 1, threads, older * least, crowding));
        double[] best = [.. Enumerable.Repeat(double.NegativeInfinity, most + 1)];
        best[0] = 0;
        double parallelism = 0;
        for (int older = 0; older < cores; older++)
        {
            double[] one = new double[cores + 1];
            double[] with = [.. Enumerable.Repeat(double.NegativeInfinity, most + 1)];
            for (int before = 0; before <= most; before++)
            {
                if (double.IsNegativeInfinity(best[before]))
                {
                    continue;
                }
                for (int threads = 1; threads <= cores && before + threads <= most; threads++)
                {
                    double crowding = (double)(before + threads) / cores;
                    double rate =
                        crowding > 1 ? Rate(older, threads, crowding)
                        : one[threads] > 0 ? one[threads]
                        : one[threads] = Rate(older, threads, 1);
                    with[before + threads] = Math.Max(with[before + threads], best[before] + rate);
                }
            }

            parallelism = Math.Max(parallelism, with.Max());
            best = with;
        }

        return parallelism;
    }

    /// <summary>The same numbers for all, so that what differs is the law.</summary>
    private static double Mean(
        IServiceLaw law,
        WorldModel model,
        int rows,
        int threads,
        double pressure,
        double crowding
    )
    {
        SimulationRandom random = new(1, 900);
        WorldNode node = new() { Name = "oracle" };
        double sum = 0;
        for (int i = 0; i < Samples; i++)
        {
            sum += law.Seconds(model, node, rows, threads, pressure, crowding, random);
        }
        return sum / Samples;
    }
}
