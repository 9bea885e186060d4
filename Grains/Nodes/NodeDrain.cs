using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Grains.Nodes;

/// <summary>
/// Empties this node before it stops: the director sends requests elsewhere, and moves what lives here.
/// </summary>
internal sealed class NodeDrain(
    ClusterNode node,
    IGrainFactory grains,
    IOptions<NodeOptions> options,
    TimeProvider time
) : INodeDrain
{
    /// <inheritdoc />
    public void Announce() => node.Draining = true;

    /// <inheritdoc />
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        Announce();
        if (!HasCompany)
        {
            return;
        }
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(options.Value.LeaveSeconds), time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            limit.Token
        );
        try
        {
            // Who asks for readiness is given the time to see that it is gone.
            await Task.Delay(TimeSpan.FromSeconds(options.Value.DrainDelaySeconds), time, cancellationToken)
                .ConfigureAwait(false);
            while (ServesHere)
            {
                // Taken before the director is asked, so that a table that comes meanwhile is not missed.
                Task changed = node.Changed;
                await grains
                    .GetGrain<IPlacementDirectorGrain>(0)
                    .EnsureAsync()
                    .WaitAsync(either.Token)
                    .ConfigureAwait(false);
                if (ServesHere)
                {
                    await changed
                        .WaitAsync(TimeSpan.FromSeconds(1), time, either.Token)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                either.Token.ThrowIfCancellationRequested();
            }

            await node.IdleAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or TimeoutException or OrleansException)
        {
            // Nobody decides any more: requests that still come are answered while it stops, or sent elsewhere by who
            // sent them.
        }
    }

    private bool HasCompany => node.Router.Snapshot.Nodes.Count > 1;

    private bool ServesHere =>
        node.Router.Snapshot.Table.Models.Any(model =>
            model.Replicas.Any(replica => node.Router.Snapshot.Nodes[replica.Node].IsLocal)
        );
}
