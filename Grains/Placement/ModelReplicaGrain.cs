using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>
/// One model on one node. Its activation is what has the model loaded, its deactivation what lets go of it.
/// </summary>
[PlanPlacement]
[KeepAlive]
[Immovable]
internal sealed class ModelReplicaGrain(ClusterNode node, NodeModels models) : Grain, IModelReplicaGrain
{
    private bool _lives;

    private string Key => this.GetPrimaryKeyString();

    private string Model => ReplicaKey.Parse(Key).Model;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken) => LiveAsync(cancellationToken);

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (!_lives)
        {
            return;
        }
        node.SetReplicaGrain(Key, lives: false);
        // A silo that stops drains its engine itself, after the requests that still come.
        if (reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            await models.ReleaseAsync(Model, cancellationToken);
        }
    }

    /// <inheritdoc />
    public async Task<SiloAddress> EnsureAsync()
    {
        await LiveAsync(CancellationToken.None);
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

    /// <summary>
    /// Loads the model where the plan has this replica here. A call that comes late for one that was retired activates
    /// it again: then it loads nothing and goes.
    /// </summary>
    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        if (!_lives && PlanPlacementDirector.Planned(node.Plan, Key)?.Equals(node.Address) != true)
        {
            this.DeactivateOnIdle();
            return;
        }

        await models.EnsureAsync(Model, cancellationToken);
        node.SetReplicaGrain(Key, lives: true);
        _lives = true;
    }
}
