using OrleansInference.Grains.Interfaces.Cluster;
using OrleansInference.Grains.Nodes;

namespace OrleansInference.Grains.Policies;

/// <summary>Calls the policies' grain for operators.</summary>
internal sealed class PolicyControl(IGrainFactory grains) : IPolicyControl
{
    private IPolicyGrain Policies => grains.GetGrain<IPolicyGrain>(0);

    /// <inheritdoc />
    public Task<PolicyVersion[]> ListAsync(CancellationToken cancellationToken) =>
        ClusterControl.AskAsync(() => Policies.ListAsync(), cancellationToken);

    /// <inheritdoc />
    public async Task<PolicyFile?> GetCurrentAsync(CancellationToken cancellationToken) =>
        await ClusterControl.AskAsync(() => Policies.GetAsync(known: -1), cancellationToken).ConfigureAwait(false)
            is { Number: > 0 } current
            ? current
            : null;

    /// <inheritdoc />
    public Task<PolicyVersion> PromoteAsync(byte[] file, string report, CancellationToken cancellationToken) =>
        ClusterControl.AskAsync(() => Policies.PromoteAsync(file, report), cancellationToken);

    /// <inheritdoc />
    public Task<PolicyVersion?> RollBackAsync(CancellationToken cancellationToken) =>
        ClusterControl.AskAsync(() => Policies.RollBackAsync(), cancellationToken);
}
