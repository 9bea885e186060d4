using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Planning;

/// <summary>Counts requests, violations and work between reports. Not thread-safe.</summary>
internal sealed class TrafficCounter
{
    private Dictionary<(SiloAddress, string, string), (long Requests, long Violations)> _last = [];

    /// <summary>What came since the last reports; work is seconds of runs, a request of a model counting what its requests have taken so far, refused ones included.</summary>
    public (long Requests, long Violations, double Work) Count(IReadOnlyCollection<NodeReport> reports)
    {
        long requests = 0, violations = 0;
        double work = 0;
        Dictionary<(SiloAddress, string, string), (long, long)> next = new(_last);
        foreach (NodeReport report in reports)
        {
            foreach (ReplicaReport replica in report.Replicas)
            {
                (SiloAddress, string, string) key = (report.Address, replica.Model, replica.Version);
                bool known = _last.TryGetValue(key, out (long Requests, long Violations) before);
                next[key] = (replica.Requests, replica.Violations);
                // A replica that was loaded anew counts from nothing.
                if (!known || replica.Requests < before.Requests) continue;
                requests += replica.Requests - before.Requests;
                work += (replica.Requests - before.Requests) * (replica.RunSeconds / Math.Max(1, replica.Requests));
                violations += Math.Max(0, replica.Violations - before.Violations);
            }
        }

        _last = next;
        return (requests, violations, work);
    }
}
