using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Workloads;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Tests.Agreement;

/// <summary>Requests at random whole milliseconds, and what runs of them take: the same for server and twin.</summary>
internal sealed record Trace(
    int Threads,
    int MsPerRow,
    bool FillToMax,
    int DelayMs,
    int MaxRows,
    int MeanGapMs,
    int SloMs
) : IServiceLaw
{
    private const int BaseMs = 4;
    private const int Requests = 400;

    /// <summary>
    /// Large runs take longer than a line through small ones says, so that some of what was let in is late.
    /// </summary>
    public TimeSpan Run(int rows) =>
        TimeSpan.FromMilliseconds(BaseMs + (MsPerRow * rows * (rows > MaxRows / 2 ? 2 : 1)));

    public double Seconds(
        WorldModel model,
        WorldNode node,
        int rows,
        int threads,
        double pressure,
        double crowding,
        SimulationRandom random
    ) => Run(rows).TotalSeconds;

    /// <summary>The requests, in order of time, no two at once: the time tells which it is.</summary>
    public IReadOnlyList<Arrival> Arrivals(int seed)
    {
        Random random = new(seed);
        List<Arrival> arrivals = [];
        long at = 0;
        for (int i = 0; i < Requests; i++)
        {
            // A pause now and then, so that queues empty too.
            long gap = random.Next(20) == 0 ? 10 * MeanGapMs : random.Next(1, 2 * MeanGapMs);
            at += gap;
            int rows = random.Next(8) == 0 ? random.Next(1, 3 * MaxRows) : random.Next(1, 4);
            arrivals.Add(new Arrival(at * TimeSpan.TicksPerMillisecond, 0, rows));
        }

        return arrivals;
    }
}
