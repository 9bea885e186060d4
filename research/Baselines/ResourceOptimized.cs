using OrleansInference.Agent.Observation;
using OrleansInference.Agent.Planning;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Research.Baselines;

/// <summary>
/// Orleans' ResourceOptimizedPlacement: each new activation goes to the silo with the best score of CPU use, memory use
/// and free memory (weights 40 : 20 : 20 and 5 for the most memory); it stays there. A number of replicas each.
/// </summary>
/// <param name="replicas">Activations of each model, ≥ 1.</param>
public sealed class ResourceOptimized(int replicas) : IPlanner
{
    private readonly ReplicateWhereItFits _repair = new(onlyNew: true);

    /// <inheritdoc />
    public ClusterPlan Plan(ClusterObservation observation, ClusterPlan current)
    {
        ArgumentNullException.ThrowIfNull(observation);
        ArgumentNullException.ThrowIfNull(current);
        Dictionary<string, NodeReport> reports = observation.Reports.ToDictionary(report => report.Name);
        Dictionary<string, long> free = observation.Nodes.ToDictionary(node => node.Name, node => node.MemoryBytes);
        long most = Math.Max(1, observation.Nodes.Max(node => node.MemoryBytes));
        foreach (ModelPlan plan in current.Models)
        {
            foreach (ReplicaPlan replica in plan.Replicas)
            {
                if (observation.Nodes.FirstOrDefault(node => node.Address.Equals(replica.Node)) is { } node)
                {
                    free[node.Name] -=
                        observation.Models.FirstOrDefault(model => model.Name == plan.Name)?.MemoryBytes ?? 0;
                }
            }
        }

        ModelObservation[] models =
        [
            .. observation.Models.Select(model =>
            {
                string[] now =
                [
                    .. (current.Find(model.Name)?.Replicas ?? [])
                        .Select(replica =>
                            observation.Nodes.FirstOrDefault(node => node.Address.Equals(replica.Node))?.Name
                        )
                        .OfType<string>(),
                ];
                List<string> chosen = [.. now];
                while (chosen.Count < Math.Min(replicas, observation.Nodes.Count))
                {
                    NodeObservation? best = observation
                        .Nodes.Where(node => !chosen.Contains(node.Name) && free[node.Name] >= model.MemoryBytes)
                        .MinBy(node => Score(node, reports.GetValueOrDefault(node.Name), free[node.Name], most));
                    if (best is null)
                    {
                        break;
                    }
                    free[best.Name] -= model.MemoryBytes;
                    chosen.Add(best.Name);
                }

                return model with
                {
                    Pin = new ModelPin { Nodes = [.. chosen], LoadBalance = model.Pin?.LoadBalance },
                };
            }),
        ];
        return _repair.Plan(observation with { Models = models }, current);
    }

    private static double Score(NodeObservation node, NodeReport? report, long free, long most) =>
        (40 * (report?.CpuShare ?? 0))
        + (20 * (1 - ((double)free / Math.Max(1, node.MemoryBytes))))
        + (20 * (1 - ((double)free / most)))
        + (5 * (1 - ((double)node.MemoryBytes / most)));
}
