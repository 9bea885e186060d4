using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// Places a grain by the plan that this node follows, in memory. Without a plan for it, Orleans' resource-optimised
/// placement decides.
/// </summary>
internal sealed class PlanPlacementDirector(ClusterNode node, IServiceProvider services) : IPlacementDirector
{
    private static readonly PlacementStrategy Otherwise = new ResourceOptimizedPlacementAttribute().PlacementStrategy;

    /// <inheritdoc />
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy,
        PlacementTarget target,
        IPlacementContext context
    )
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint)
        {
            return Task.FromResult(hint);
        }
        SiloAddress? planned = FindNode(node.Plan, target.GrainIdentity.Key.ToString()!);
        return planned is not null && silos.Contains(planned)
            ? Task.FromResult(planned)
            : services
                .GetRequiredKeyedService<IPlacementDirector>(Otherwise.GetType())
                .OnAddActivation(Otherwise, target, context);
    }

    /// <summary>The node that a plan gives the replica of a grain's key; null for none.</summary>
    internal static SiloAddress? FindNode(ClusterPlan plan, string key)
    {
        (string model, int index) = ReplicaKey.Parse(key);
        return Array.Find(plan.Find(model)?.Replicas ?? [], replica => replica.Index == index)?.Node;
    }
}
