using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Health;
using OrleansInference.Scheduling.Admission;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Routing.Snapshots;

/// <summary>One replica that a request can go to: what the table says of it, and what this router knows.</summary>
/// <param name="Node">The node.</param>
/// <param name="Route">What the director published.</param>
/// <param name="Load">What this router sent there and saw of it; the same object in every snapshot.</param>
public sealed record ReplicaTarget(NodeState Node, ReplicaRoute Route, ReplicaLoadState Load)
{
    /// <summary>How fast it serves.</summary>
    public ServiceRate Rate { get; } =
        new(Route.Cost(), Math.Max(1, Route.RowsPerBatch), Math.Max(1, Route.Concurrency));

    /// <summary>
    /// When a request would be answered there: behind what this router sent there, or after the wait that its last
    /// answer reported where that is longer. Its own run counts, and the way there where that is another node.
    /// </summary>
    public FinishEstimate Estimate(in RouteRequest request, TimeSpan now)
    {
        double own = Rate.OwnSeconds(request.Rows) + HopCost.Seconds(Node, request.Bytes);
        return FinishEstimate.Predict(
            Load.OutstandingRows,
            Rate.RowsPerSecond,
            own,
            seenWaitSeconds: Load.SeenWaitSeconds(now)
        );
    }
}
