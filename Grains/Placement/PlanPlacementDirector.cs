using Microsoft.Extensions.DependencyInjection;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// Reads the plan that this node follows, in memory; without a plan for the grain, Orleans' resource-optimised
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
        SiloAddress? planned = Planned(node.Plan, target.GrainIdentity.Key.ToString()!);
        return planned is not null && silos.Contains(planned)
            ? Task.FromResult(planned)
            : services
                .GetRequiredKeyedService<IPlacementDirector>(Otherwise.GetType())
                .OnAddActivation(Otherwise, target, context);
    }

    /// <summary>Where a plan has the replica of a grain's key, or null.</summary>
    internal static SiloAddress? Planned(ClusterPlan plan, string key)
    {
        (string model, int index) = ReplicaKey.Parse(key);
        return Array.Find(plan.Find(model)?.Replicas ?? [], replica => replica.Index == index)?.Node;
    }
}
