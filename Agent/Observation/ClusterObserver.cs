using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Agent.Observation;

/// <summary>Makes an observation of reports. Pure.</summary>
public static class ClusterObserver
{
    /// <summary>What the planner is to plan for.</summary>
    /// <param name="reports">The nodes that are alive.</param>
    /// <param name="desired">The models to serve.</param>
    /// <param name="pins">What operators fixed, by model.</param>
    /// <param name="drained">Names of nodes that operators want empty.</param>
    /// <param name="failures">What could not be loaded lately, and why.</param>
    /// <param name="demand">Rows a second by model.</param>
    public static ClusterObservation Observe(
        IReadOnlyCollection<NodeReport> reports,
        IReadOnlyDictionary<string, DesiredModel> desired,
        IReadOnlyDictionary<string, ModelPin> pins,
        IReadOnlySet<string> drained,
        IReadOnlyDictionary<(SiloAddress Node, string Model), string> failures,
        IReadOnlyDictionary<string, double> demand
    )
    {
        ArgumentNullException.ThrowIfNull(reports);
        ILookup<SiloAddress, KeyValuePair<(SiloAddress Node, string Model), string>> byNode = failures.ToLookup(
            failure => failure.Key.Node
        );
        NodeObservation[] nodes =
        [
            .. reports.Select(report => new NodeObservation
            {
                Name = report.Name,
                Address = report.Address,
                // What a node loaded by itself, on demand, is not the plan's to move.
                MemoryBytes =
                    report.Resources.MemoryBytes
                    - report
                        .Replicas.Where(replica => !desired.ContainsKey(replica.Model))
                        .Sum(replica => replica.MemoryBytes),
                Draining = report.Draining || drained.Contains(report.Name),
                Failures = byNode[report.Address].ToDictionary(failure => failure.Key.Model, failure => failure.Value),
                SecondsPerRow = report
                    .Replicas.GroupBy(replica => replica.Model)
                    .ToDictionary(group => group.Key, group => SecondsPerRow(group.Last().Route)),
            }),
        ];
        ILookup<(string Name, string Revision), SiloAddress> sources = reports
            .SelectMany(report => report.Offers.Select(offer => (Key: (offer.Name, offer.Revision), report.Address)))
            .ToLookup(entry => entry.Key, entry => entry.Address);
        Dictionary<string, double> cost = nodes
            .SelectMany(node => node.SecondsPerRow)
            .GroupBy(entry => entry.Key)
            .ToDictionary(group => group.Key, group => group.Average(entry => entry.Value));
        ModelObservation[] models =
        [
            .. desired.Select(model => new ModelObservation
            {
                Name = model.Key,
                Revision = model.Value.Revision,
                MemoryBytes = model.Value.MemoryBytes,
                Demand = demand.GetValueOrDefault(model.Key) * cost.GetValueOrDefault(model.Key),
                Sources = [.. sources[(model.Key, model.Value.Revision)]],
                Pin = pins.GetValueOrDefault(model.Key),
            }),
        ];
        return new ClusterObservation(nodes, models);
    }

    private static double SecondsPerRow(in ReplicaRoute route) =>
        route.Cost().SecondsEach(Math.Max(1, route.RowsPerBatch)) / Math.Max(1, route.Concurrency);
}
