using OrleansInference.Agent.Objective;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>Counts what happens in a simulation.</summary>
internal sealed class SimulationTally(WorldSpec world, long from)
{
    private readonly List<float> _latencies = [];
    private readonly long[] _requests = new long[world.Models.Count];
    private readonly long[] _inTime = new long[world.Models.Count];
    private readonly List<(int Requests, int InTime)> _seconds = [];
    private long _completed;
    private long _rejected;
    private double _delivered;
    private double _offered;
    private double _deliveredBytes;
    private double _offeredBytes;
    private double _latencySum;

    /// <summary>Bytes from node to node.</summary>
    public double CrossBytes { get; set; }

    /// <summary>Replicas loaded.</summary>
    public long Loads { get; set; }

    /// <summary>A request came and was answered, after a time.</summary>
    public void Answered(int model, int rows, long arrivedAt, double seconds)
    {
        if (arrivedAt < from)
        {
            return;
        }
        WorldModel spec = world.Models[model];
        bool inTime = seconds <= spec.SloSeconds;
        Count(model, rows, arrivedAt, inTime);
        _completed++;
        _latencies.Add((float)seconds);
        _latencySum += seconds;
    }

    /// <summary>A request came and was refused, dropped or lost.</summary>
    public void Refused(int model, int rows, long arrivedAt)
    {
        if (arrivedAt < from)
        {
            return;
        }
        Count(model, rows, arrivedAt, inTime: false);
        _rejected++;
    }

    /// <summary>The result.</summary>
    public SimulationResult Result(double seconds, ClusterPlan plan, long events, double capacity)
    {
        float[] sorted = [.. _latencies];
        Array.Sort(sorted);
        double linkBytes = world.Nodes.Sum(node => node.LinkMbps * 125_000) * seconds;
        return new SimulationResult
        {
            Requests = _requests.Sum(),
            Completed = _completed,
            Rejected = _rejected,
            InTime = _inTime.Sum(),
            P50Ms = Quantile(sorted, 0.5) * 1000,
            P99Ms = Quantile(sorted, 0.99) * 1000,
            MeanMs = sorted.Length == 0 ? 0 : _latencySum / sorted.Length * 1000,
            Seconds = seconds,
            Score = ClusterScore.Compute(
                new ScoreInputs
                {
                    DeliveredWork = _delivered,
                    OfferedWork = _offered,
                    CapacityWork = capacity * seconds,
                    DeliveredBytes = _deliveredBytes,
                    OfferedBytes = _offeredBytes,
                    CrossBytes = CrossBytes,
                    LinkBytes = linkBytes,
                }
            ),
            Plan = plan,
            Loads = Loads,
            Events = events,
            Models = [.. world.Models.Select((model, index) => (model.Name, _requests[index], _inTime[index]))],
            BySecond = [.. _seconds],
        };
    }

    private static double Quantile(float[] sorted, double q) =>
        sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(q * sorted.Length))];

    private void Count(int model, int rows, long arrivedAt, bool inTime)
    {
        WorldModel spec = world.Models[model];
        // The work of a request is what its rows cost in a full batch, alone, at speed 1.
        double work = rows * spec.Cost.SecondsEach(spec.MaxRows);
        double bytes = rows * ((double)spec.RequestBytes + spec.AnswerBytes);
        _requests[model]++;
        _offered += work;
        _offeredBytes += bytes;
        int second = (int)((arrivedAt - from) / TimeSpan.TicksPerSecond);
        while (_seconds.Count <= second)
        {
            _seconds.Add(default);
        }
        (int requests, int good) = _seconds[second];
        _seconds[second] = (requests + 1, good + (inTime ? 1 : 0));
        if (!inTime)
        {
            return;
        }
        _inTime[model]++;
        _delivered += work;
        _deliveredBytes += bytes;
    }
}
