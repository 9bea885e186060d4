using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Routing.Health;

namespace OrleansInference.Routing.Snapshots;

/// <summary>One replica that a request can go to: what the table says of it, and what this router knows.</summary>
/// <param name="Node">The node.</param>
/// <param name="Route">What the director published.</param>
/// <param name="Load">What this router sent there and saw of it; the same object in every snapshot.</param>
public sealed record ReplicaTarget(NodeState Node, ReplicaRoute Route, ReplicaLoadState Load)
{
    /// <summary>Seconds that a row costs in a full batch.</summary>
    public double SecondsPerRow { get; } = (Route.BaseSeconds / Math.Max(1, Route.RowsPerBatch)) + Route.SecondsPerRow;

    /// <summary>Requests a second that it can answer, of one row each, with full batches on all its instances.</summary>
    public double RowsPerSecond => Route.Concurrency / Math.Max(1e-9, SecondsPerRow);

    /// <summary>
    /// When a request would be answered there: what waits × seconds a row ÷ instances, or the wait that its last answer
    /// reported where that is longer, and its own run, and the way there where that is another node.
    /// </summary>
    /// <returns>Seconds from <paramref name="now"/>, ≥ 0; 0 where nothing was measured.</returns>
    public double ExpectedSeconds(in RouteRequest request, TimeSpan now) => WaitSeconds(now) + OwnSeconds(request.Rows) + HopCost.Seconds(Node, request.Bytes);

    /// <summary>Seconds until a request sent now would begin to run.</summary>
    public double WaitSeconds(TimeSpan now)
    {
        int busy = Math.Max(1, Route.Concurrency);
        double own = Load.OutstandingRows * SecondsPerRow / busy;
        return Math.Max(own, Load.SeenWaitSeconds(now));
    }

    /// <summary>Seconds of the run, or of the runs side by side, of <paramref name="rows"/> rows.</summary>
    public double OwnSeconds(int rows)
    {
        int batch = Math.Max(1, Route.RowsPerBatch);
        if (rows <= batch) return Route.BaseSeconds + (Route.SecondsPerRow * rows);
        return Math.Max(Route.BaseSeconds + (Route.SecondsPerRow * batch), rows * SecondsPerRow / Math.Max(1, Route.Concurrency));
    }
}
