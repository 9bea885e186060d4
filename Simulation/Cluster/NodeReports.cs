using OrleansInference.Agent.Observation;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Simulation.Cluster;

/// <summary>What the nodes of the twin report of themselves.</summary>
/// <param name="state">Nodes and replicas.</param>
/// <param name="lookSeconds">Seconds between two looks of the director, &gt; 0.</param>
internal sealed class NodeReports(TwinState state, double lookSeconds)
{
    private const string Version = "1";

    /// <summary>
    /// A report of each node that is not lost. The share of its cores that was used counts from the reading before.
    /// </summary>
    public NodeReport[] Read() => [.. state.Nodes.Where(node => !node.IsLost).Select(Report)];

    private NodeReport Report(SimulatedNode node)
    {
        double used = (node.CoreSeconds - node.CoreSecondsSeen) / (node.Spec.Cores * lookSeconds);
        node.CoreSecondsSeen = node.CoreSeconds;
        SimulatedReplica[] ready =
        [
            .. node.Replicas.Values.Where(replica => replica.IsReady).OrderBy(replica => replica.ModelIndex),
        ];
        return new NodeReport
        {
            Name = node.Spec.Name,
            Address = node.Address,
            ServiceType = "twin",
            Resources = new NodeResources
            {
                Cores = node.Spec.Cores,
                MemoryBytes = node.Spec.MemoryBytes,
                Devices = ["twin"],
                LinkMbps = node.Spec.LinkMbps,
            },
            Offers =
            [
                .. ready.Select(replica => new ModelOffer(
                    replica.Model.Name,
                    Version,
                    default,
                    replica.Model.MemoryBytes,
                    IsWanted: false
                )),
            ],
            Replicas = [.. ready.Select(Report)],
            ReplicaGrains = [.. ready.Select(replica => ReplicaKey.Of(replica.Model.Name, replica.GrainIndex))],
            CpuShare = Math.Min(1, used),
            MemoryReserved = node.Reserved,
            RequestsForwarded = node.RequestsForwarded,
            BytesForwarded = node.BytesForwarded,
            IsReady = true,
        };
    }

    private static ReplicaReport Report(SimulatedReplica replica)
    {
        BatchCost cost = replica.Schedule.Cost.Current;
        BatchLimits limits = replica.Schedule.Limits;
        ReplicaCounters total = replica.Tally.Total;
        ReplicaRoute route = new()
        {
            Version = Version,
            Concurrency = Math.Min(limits.Concurrency, replica.Node.Spec.Cores),
            RowsPerBatch = BatchPolicy.Cap(limits, cost),
            IsBatched = true,
            MaxQueuedRequests = limits.MaxQueuedRequests,
        };
        return new ReplicaReport
        {
            Model = replica.Model.Name,
            Version = Version,
            Route = route.WithCost(cost),
            Queued = replica.Schedule.Queue.Count,
            Rows = total.Rows,
            MemoryBytes = replica.Model.MemoryBytes,
            Requests = total.Requests,
            Violations = total.Violations,
            Runs = total.Runs,
            RunSeconds = total.RunSeconds,
            Bytes = total.Bytes,
            SloMs = replica.Model.SloSeconds * 1000,
            Knobs = replica.Knobs,
            MaxRows = replica.Model.MaxRows,
        };
    }
}
