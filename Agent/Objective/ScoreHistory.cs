using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Objective;

/// <summary>C, D and N of the live cluster, a point every few seconds, from each look's window. Thread-safe.</summary>
public sealed class ScoreHistory
{
    private const double PointSeconds = 5;
    private const int MostPoints = 720;
    private const double BytesPerMegabit = 125_000;

    private readonly Lock _lock = new();
    private readonly Queue<ScorePoint> _points = new();
    private ScoreInputs _counted;
    private double _seconds;
    private double _requests;
    private double _violations;

    /// <summary>The last hour's points, the oldest first.</summary>
    public ScorePoint[] Points
    {
        get
        {
            lock (_lock)
            {
                return [.. _points];
            }
        }
    }

    /// <summary>
    /// Takes in what the cluster did between two looks; a point is made once five seconds have passed.
    /// </summary>
    /// <param name="window">The window.</param>
    /// <param name="now">Its end, for the point's date.</param>
    public void Observe(ClusterWindow window, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(window);
        lock (_lock)
        {
            Count(window);
            if (_seconds < PointSeconds)
            {
                return;
            }
            _points.Enqueue(Point(now));
            if (_points.Count > MostPoints)
            {
                _points.Dequeue();
            }
            _counted = default;
            _seconds = 0;
            _requests = 0;
            _violations = 0;
        }
    }

    private void Count(ClusterWindow window)
    {
        _seconds += window.Seconds;
        foreach (NodeWindow node in window.Nodes)
        {
            NodeResources resources = node.Report.Resources;
            _counted = _counted with
            {
                CapacityWork = _counted.CapacityWork + (resources.Parallelism * window.Seconds),
                CrossBytes = _counted.CrossBytes + node.BytesForwarded,
                LinkBytes = _counted.LinkBytes + (resources.LinkMbps * BytesPerMegabit * window.Seconds),
            };
        }

        foreach (ReplicaWindow replica in window.Replicas)
        {
            double asked = replica.Since.Requests;
            double missed = Math.Min(replica.Since.Violations, asked);
            _requests += asked;
            _violations += missed;
            // What a request costs and carries, by all that the replica has answered.
            _counted = _counted with
            {
                OfferedWork = _counted.OfferedWork + (asked * replica.SecondsPerRequest),
                DeliveredWork = _counted.DeliveredWork + ((asked - missed) * replica.SecondsPerRequest),
                OfferedBytes = _counted.OfferedBytes + (asked * replica.BytesPerRequest),
                DeliveredBytes = _counted.DeliveredBytes + ((asked - missed) * replica.BytesPerRequest),
            };
        }
    }

    private ScorePoint Point(DateTimeOffset now)
    {
        ClusterScore score = ClusterScore.Compute(_counted);
        double attainment = _requests > 0 ? 1 - (_violations / _requests) : -1;
        return new ScorePoint(now, _requests / _seconds, attainment, score.C, score.D, score.N);
    }
}
