using OrleansInference.Simulation.Cluster;
using OrleansInference.Simulation.Core;
using OrleansInference.Simulation.Recorded;
using OrleansInference.Simulation.Workloads;

namespace OrleansInference.Training.Agents;

/// <summary>
/// Tasks made of recorded traffic. The first part is for training and is augmented; the rest is held out for
/// evaluation, unchanged.
/// </summary>
/// <param name="recorded">What was recorded.</param>
/// <param name="seconds">Simulated seconds of a task.</param>
internal sealed class RecordedTasks(RecordedCluster recorded, double seconds)
{
    private const double TrainingShare = 0.7;

    private double Split => recorded.Requests.Seconds * TrainingShare;

    /// <summary>Whether there is enough for training and evaluation.</summary>
    public bool IsEnough => recorded.Requests.Seconds * (1 - TrainingShare) >= seconds / 2;

    /// <summary>
    /// An augmented window of the training part: its time warped, requests thinned or superposed with another window,
    /// bursts added.
    /// </summary>
    public PolicyTask Draw(long seed)
    {
        SimulationRandom random = new(seed, 17);
        Workload window = Window(random.NextDouble() * Math.Max(0, Split - seconds));
        if (random.NextDouble() < 0.5)
        {
            window = TraceAugmentation.Warp(window, random.NextDouble(), 10 + (20 * random.NextDouble()));
        }
        if (random.NextDouble() < 0.4)
        {
            window = TraceAugmentation.Superpose(window, Window(random.NextDouble() * Math.Max(0, Split - seconds)));
        }
        else if (random.NextDouble() < 0.3)
        {
            window = TraceAugmentation.Thin(window, 0.4 + (0.6 * random.NextDouble()), seed);
        }
        if (random.NextDouble() < 0.4)
        {
            window = TraceAugmentation.Burst(
                window,
                1.5 + (2 * random.NextDouble()),
                1 + random.Next(3),
                2 + (4 * random.NextDouble()),
                seed
            );
        }
        return new PolicyTask(
            recorded.World,
            window,
            new SimulationOptions
            {
                Seed = seed,
                WarmupSeconds = 1,
                TelemetryDelaySeconds = random.NextDouble(),
            }
        );
    }

    /// <summary>A window of the held-out part.</summary>
    /// <param name="i">Which, 0 to <paramref name="of"/> − 1.</param>
    /// <param name="of">How many.</param>
    public PolicyTask HeldOut(int i, int of)
    {
        double room = Math.Max(0, recorded.Requests.Seconds - Split - seconds);
        return new PolicyTask(
            recorded.World,
            Window(Split + (of > 1 ? room * i / (of - 1) : 0)),
            new SimulationOptions { Seed = 1000 + i, WarmupSeconds = 1 }
        );
    }

    private Workload Window(double from)
    {
        long first = (long)(from * TimeSpan.TicksPerSecond);
        long last = first + (long)(seconds * TimeSpan.TicksPerSecond);
        return new Workload(
            [
                .. recorded
                    .Requests.Arrivals.Where(arrival => arrival.At >= first && arrival.At < last)
                    .Select(arrival => arrival with { At = arrival.At - first }),
            ],
            seconds
        );
    }
}
