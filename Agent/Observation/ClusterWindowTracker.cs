using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>
/// Turns the totals that nodes report into one <see cref="ClusterWindow"/> a look. The only place where reports are
/// compared with those before. Not thread-safe; time is an argument.
/// </summary>
public sealed class ClusterWindowTracker
{
    /// <summary>
    /// Shortest window, seconds: rates over less are mostly rounding. A look too soon is part of the next window.
    /// </summary>
    public const double LeastSeconds = 0.2;

    /// <summary>
    /// A node that has not reported for so long is forgotten: its totals would be compared over a gap.
    /// </summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private readonly Dictionary<SiloAddress, NodeTotals> _nodes = [];
    private TimeSpan? _from;

    /// <summary>Takes the reports of a look in.</summary>
    /// <param name="reports">What the nodes say, at most one report each.</param>
    /// <param name="now">When. A clock that was set back begins anew.</param>
    /// <returns>
    /// The window since the look before; one without nodes where that was less than <see cref="LeastSeconds"/> ago.
    /// </returns>
    public ClusterWindow Advance(IReadOnlyCollection<NodeReport> reports, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(reports);
        double seconds = _from is { } from ? (now - from).TotalSeconds : 0;
        bool isTooSoon = _from is not null && seconds is >= 0 and < LeastSeconds;
        if (isTooSoon)
        {
            CountNewFromHere(reports, now);
            return new ClusterWindow(now, 0, []);
        }

        // A clock that went back leaves nothing to compare with.
        if (seconds < 0)
        {
            _nodes.Clear();
        }
        _from = now;
        NodeWindow[] nodes = [.. reports.Select(report => Advance(report, now))];
        ForgetSilent(now);
        return new ClusterWindow(now, Math.Max(0, seconds), nodes);
    }

    /// <summary>What a look too soon shows first is counted from there; the rest still waits for its window.</summary>
    private void CountNewFromHere(IReadOnlyCollection<NodeReport> reports, TimeSpan now)
    {
        foreach (NodeReport report in reports)
        {
            if (!_nodes.TryGetValue(report.Address, out NodeTotals? node))
            {
                node = new NodeTotals(now, report.BytesForwarded, []);
                _nodes.Add(report.Address, node);
            }

            foreach (ReplicaReport replica in report.Replicas)
            {
                node.Replicas.TryAdd(
                    (replica.Model, replica.Version),
                    new ReplicaTotals(replica, IsFromBeginning: false)
                );
            }
        }
    }

    private NodeWindow Advance(NodeReport report, TimeSpan now)
    {
        NodeTotals? before = _nodes.GetValueOrDefault(report.Address);
        NodeTotals next = new(now, report.BytesForwarded, []);
        foreach (ReplicaReport replica in report.Replicas)
        {
            next.Replicas[(replica.Model, replica.Version)] = new ReplicaTotals(replica, IsFromBeginning: true);
        }

        _nodes[report.Address] = next;
        ReplicaWindow[] replicas = Array.ConvertAll(report.Replicas, replica => Compare(replica, before));
        return new NodeWindow(
            report,
            before is null ? 0 : Math.Max(0, report.BytesForwarded - before.BytesForwarded),
            replicas
        );
    }

    private static ReplicaWindow Compare(ReplicaReport replica, NodeTotals? node)
    {
        ReplicaWindow began = new(replica, IsWhole: false, default, 0);
        if (node?.Replicas.GetValueOrDefault((replica.Model, replica.Version)) is not { } before)
        {
            return began;
        }
        ReplicaCounters earlier = ReplicaCounters.From(before.Report);
        ReplicaCounters total = ReplicaCounters.From(replica);
        if (total.HasRestartedSince(earlier))
        {
            return began;
        }
        return new ReplicaWindow(
            replica,
            before.IsFromBeginning,
            total.Minus(earlier),
            replica.Queued - before.Report.Queued
        );
    }

    private void ForgetSilent(TimeSpan now)
    {
        foreach ((SiloAddress address, NodeTotals node) in _nodes)
        {
            if (now - node.At > Remembered)
            {
                _nodes.Remove(address);
            }
        }
    }

    /// <summary>
    /// What a node reported last; versions that it serves no more are not in it and would begin anew.
    /// </summary>
    private sealed record NodeTotals(
        TimeSpan At,
        long BytesForwarded,
        Dictionary<(string Model, string Version), ReplicaTotals> Replicas
    );

    /// <summary>
    /// What was reported of a version last, and whether that was at the window's beginning or within it.
    /// </summary>
    private sealed record ReplicaTotals(ReplicaReport Report, bool IsFromBeginning);
}
