namespace OrleansInference.Agent.Observation;

/// <summary>
/// What the cluster did between two looks of the director, by node, model and version. Whoever needs a rate or a
/// difference takes it from here, so that all of them see the same one.
/// </summary>
/// <param name="Now">The director's clock at the window's end.</param>
/// <param name="Seconds">Its length; 0 for the first look, and for one too soon after another, which has no
/// nodes.</param>
/// <param name="Nodes">The nodes that reported.</param>
public sealed record ClusterWindow(TimeSpan Now, double Seconds, IReadOnlyList<NodeWindow> Nodes)
{
    /// <summary>No look yet.</summary>
    public static ClusterWindow Empty { get; } = new(TimeSpan.Zero, 0, []);

    /// <summary>What all versions did together.</summary>
    public ReplicaCounters Total
    {
        get
        {
            ReplicaCounters total = default;
            foreach (ReplicaWindow replica in Replicas)
            {
                total = total.Plus(replica.Since);
            }

            return total;
        }
    }

    /// <summary>Run seconds that the requests of the window asked for, refused ones included.</summary>
    public double Work
    {
        get
        {
            double work = 0;
            foreach (ReplicaWindow replica in Replicas)
            {
                work += replica.Since.Requests * replica.SecondsPerRequest;
            }

            return work;
        }
    }

    /// <summary>The versions of all nodes.</summary>
    public IEnumerable<ReplicaWindow> Replicas => Nodes.SelectMany(node => node.Replicas);
}
