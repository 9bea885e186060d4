using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>One model on one node. Its activation is what has the model loaded, its deactivation what lets go of it.</summary>
[PlanPlacement]
[KeepAlive]
[Immovable]
internal sealed class ModelReplicaGrain(ClusterNode node, NodeModels models) : Grain, IModelReplicaGrain
{
    private string Key => this.GetPrimaryKeyString();

    private string Model => ReplicaKey.Parse(Key).Model;

    /// <inheritdoc />
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await models.EnsureAsync(Model, cancellationToken);
        node.SetReplicaGrain(Key, lives: true);
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        node.SetReplicaGrain(Key, lives: false);
        // A silo that stops drains its engine itself, after the requests that still come.
        if (reason.ReasonCode != DeactivationReasonCode.ShuttingDown) await models.ReleaseAsync(Model, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<SiloAddress> EnsureAsync()
    {
        await models.EnsureAsync(Model, CancellationToken.None);
        return node.Address;
    }

    /// <inheritdoc />
    public Task MoveAsync()
    {
        // Migrating to where it is would end it and lose its place.
        if (PlanPlacementDirector.Planned(node.Plan, Key) is { } target && !target.Equals(node.Address))
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
            this.MigrateOnIdle();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task RetireAsync()
    {
        this.DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
