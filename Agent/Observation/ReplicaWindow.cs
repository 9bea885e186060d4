using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>One served version on one node within a <see cref="ClusterWindow"/>.</summary>
/// <param name="Report">What its node reported at the window's end.</param>
/// <param name="IsWhole">Whether it was there from the window's beginning to its end, so that a rate can be
/// told.</param>
/// <param name="Since">What it is known to have done within the window.</param>
/// <param name="QueueGrowth">Requests by which its queue grew; below 0 where it shrank.</param>
public sealed record ReplicaWindow(ReplicaReport Report, bool IsWhole, ReplicaCounters Since, long QueueGrowth)
{
    /// <summary>
    /// Run seconds that a request of it has taken on average since it was loaded, refused requests included.
    /// </summary>
    public double SecondsPerRequest => Report.RunSeconds / Math.Max(1, Report.Requests);

    /// <summary>Bytes of tensors that a request of it has carried on average since it was loaded.</summary>
    public double BytesPerRequest => (double)Report.Bytes / Math.Max(1, Report.Requests);
}
