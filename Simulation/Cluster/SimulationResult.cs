using OrleansInference.Agent.Objective;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Simulation.Cluster;

/// <summary>What a simulation gave.</summary>
public sealed record SimulationResult
{
    /// <summary>Requests that came while it was counted.</summary>
    public required long Requests { get; init; }

    /// <summary>Requests that were answered, in time or not.</summary>
    public required long Completed { get; init; }

    /// <summary>Requests that were refused, dropped or lost.</summary>
    public required long Rejected { get; init; }

    /// <summary>Requests answered within their objective.</summary>
    public required long InTime { get; init; }

    /// <summary>Median time of the answered ones, milliseconds.</summary>
    public required double P50Ms { get; init; }

    /// <summary>99th percentile of it, milliseconds.</summary>
    public required double P99Ms { get; init; }

    /// <summary>Mean time of the answered ones, milliseconds.</summary>
    public required double MeanMs { get; init; }

    /// <summary>Seconds that were counted.</summary>
    public required double Seconds { get; init; }

    /// <summary>C, D and N.</summary>
    public required ClusterScore Score { get; init; }

    /// <summary>The last plan.</summary>
    public required ClusterPlan Plan { get; init; }

    /// <summary>Replicas that were loaded after the start.</summary>
    public required long Loads { get; init; }

    /// <summary>Events that were handled: arrivals, deliveries, batch ends, wake-ups, loads, looks.</summary>
    public required long Events { get; init; }

    /// <summary>By model: requests, and those in time.</summary>
    public required IReadOnlyList<(string Model, long Requests, long InTime)> Models { get; init; }

    /// <summary>
    /// Requests that came in each counted second, and those of them that were in time: for watching it adapt.
    /// </summary>
    public required IReadOnlyList<(int Requests, int InTime)> BySecond { get; init; }

    /// <summary>Share of the requests that were answered within their objective, 0 to 1; 1 where none came.</summary>
    public double SloAttainment => Requests == 0 ? 1 : (double)InTime / Requests;

    /// <summary>Requests answered within their objective, a second.</summary>
    public double Goodput => InTime / Seconds;

    /// <summary>Share of the requests of some seconds that were in time, 0 to 1.</summary>
    public double AttainmentOf(int fromSecond, int toSecond)
    {
        long requests = 0;
        long inTime = 0;
        for (int second = fromSecond; second < Math.Min(toSecond, BySecond.Count); second++)
        {
            (requests, inTime) = (requests + BySecond[second].Requests, inTime + BySecond[second].InTime);
        }
        return requests == 0 ? 1 : (double)inTime / requests;
    }
}
