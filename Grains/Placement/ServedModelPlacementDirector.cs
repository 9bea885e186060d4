using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Nodes;
using OrleansInference.Routing.Calls;
using OrleansInference.Routing.Snapshots;

namespace OrleansInference.Grains.Placement;

/// <summary>Places a grain by this node's routing snapshot.</summary>
internal sealed class ServedModelPlacementDirector(ClusterNode node) : IPlacementDirector
{
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
        string key = target.GrainIdentity.Key.ToString()!;
        RequestRouter router = node.Router;
        RouteRequest request = new(
            key[..Math.Max(0, key.IndexOf('\n', StringComparison.Ordinal))],
            "",
            Rows: 1,
            Bytes: 0,
            TimeSpan.Zero,
            Excluded: null
        );
        ReplicaTarget[] targets = router.Snapshot.Find(request.Model)?.Latest ?? [];
        SiloAddress? chosen =
            targets.Length == 0 || Array.Exists(targets, replica => replica.Node.IsLocal)
                ? node.Address
                : router.Snapshot.Pick(request, router.Now, random: 0)?.Node.Address;
        return Task.FromResult(chosen is not null && silos.Contains(chosen) ? chosen : silos[0]);
    }
}
