using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Objective;

/// <summary>C, D and N of the live cluster, a point every few seconds, from the nodes' reports. Thread-safe.</summary>
public sealed class ScoreHistory
{
    private const double PointSeconds = 5;
    private const int MostPoints = 720;

    private readonly Lock _lock = new();
    private readonly Queue<ScorePoint> _points = new();
    private Dictionary<(SiloAddress Node, string Model, string Version), ReplicaReport> _replicas = [];
    private Dictionary<SiloAddress, long> _forwarded = [];
    private DateTimeOffset _since;
    private bool _any;

    /// <summary>The last hour's points, the oldest first.</summary>
    public ScorePoint[] Points
    {
        get
        {
            lock (_lock) return [.. _points];
        }
    }

    /// <summary>Takes in reports; a point is made once five seconds have passed.</summary>
    /// <param name="reports">The nodes' reports.</param>
    /// <param name="now">When.</param>
    public void Observe(IReadOnlyCollection<NodeReport> reports, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(reports);
        lock (_lock)
        {
            double seconds = (now - _since).TotalSeconds;
            if (_any && seconds < PointSeconds) return;
            Dictionary<(SiloAddress, string, string), ReplicaReport> replicas = [];
            foreach (NodeReport report in reports)
            {
                foreach (ReplicaReport replica in report.Replicas) replicas[(report.Address, replica.Model, replica.Version)] = replica;
            }

            Dictionary<SiloAddress, long> forwarded = reports.ToDictionary(report => report.Address, report => report.BytesForwarded);
            if (_any)
            {
                _points.Enqueue(Point(reports, replicas, forwarded, seconds, now));
                while (_points.Count > MostPoints) _points.Dequeue();
            }

            (_replicas, _forwarded, _since, _any) = (replicas, forwarded, now, true);
        }
    }

    private ScorePoint Point(IReadOnlyCollection<NodeReport> reports, Dictionary<(SiloAddress, string, string), ReplicaReport> replicas, Dictionary<SiloAddress, long> forwarded, double seconds, DateTimeOffset now)
    {
        double offeredWork = 0, deliveredWork = 0, offeredBytes = 0, deliveredBytes = 0, requests = 0, violations = 0;
        foreach (((SiloAddress, string, string) key, ReplicaReport replica) in replicas)
        {
            if (!_replicas.TryGetValue(key, out ReplicaReport? before) || replica.Requests < before.Requests) continue;
            double asked = replica.Requests - before.Requests, missed = Math.Clamp(replica.Violations - before.Violations, 0, asked);
            // What a request costs and carries, by all that the replica has answered.
            double work = replica.RunSeconds / Math.Max(1, replica.Requests), bytes = (double)replica.Bytes / Math.Max(1, replica.Requests);
            (requests, violations) = (requests + asked, violations + missed);
            (offeredWork, deliveredWork) = (offeredWork + (asked * work), deliveredWork + ((asked - missed) * work));
            (offeredBytes, deliveredBytes) = (offeredBytes + (asked * bytes), deliveredBytes + ((asked - missed) * bytes));
        }

        ClusterScore score = ClusterScore.Of(new ScoreInputs
        {
            OfferedWork = offeredWork,
            DeliveredWork = deliveredWork,
            OfferedBytes = offeredBytes,
            DeliveredBytes = deliveredBytes,
            CapacityWork = reports.Sum(report => report.Resources.Parallelism) * seconds,
            CrossBytes = forwarded.Sum(node => Math.Max(0, node.Value - _forwarded.GetValueOrDefault(node.Key, node.Value))),
            LinkBytes = reports.Sum(report => report.Resources.LinkMbps) * 125_000 * seconds,
        });
        return new ScorePoint(now, requests / seconds, requests > 0 ? 1 - (violations / requests) : -1, score.C, score.D, score.N);
    }
}
