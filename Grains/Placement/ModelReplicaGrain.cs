using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Placement;

/// <summary>One replica of a model on a node. Its activation loads the model, its deactivation releases it.</summary>
[PlanPlacement]
[KeepAlive]
[Immovable]
internal sealed class ModelReplicaGrain(ClusterNode node, NodeModels models) : Grain, IModelReplicaGrain
{
    private bool _isLoaded;

    private string Key => this.GetPrimaryKeyString();

    private string Model => ReplicaKey.Parse(Key).Model;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken) => EnsureLoadedAsync(cancellationToken);

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (!_isLoaded)
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
        await EnsureLoadedAsync(CancellationToken.None);
        return node.Address;
    }

    /// <inheritdoc />
    public Task MoveAsync()
    {
        // Migrating to where it is would end it and lose its place.
        if (PlanPlacementDirector.FindNode(node.Plan, Key) is { } target && !target.Equals(node.Address))
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
    /// Loads the model, if the plan has this replica on this node. A late call may activate a replica that was retired:
    /// then it loads nothing and deactivates.
    /// </summary>
    private async Task EnsureLoadedAsync(CancellationToken cancellationToken)
    {
        // The plan moved on while it was being placed: its next activation goes where it belongs now.
        if (!_isLoaded && PlanPlacementDirector.FindNode(node.Plan, Key)?.Equals(node.Address) != true)
        {
            this.DeactivateOnIdle();
            return;
        }

        await models.EnsureAsync(Model, cancellationToken);
        node.SetReplicaGrain(Key, lives: true);
        _isLoaded = true;
    }
}
