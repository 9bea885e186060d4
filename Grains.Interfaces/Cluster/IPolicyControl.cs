namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The agent's policies as operators see and steer them, from any node.</summary>
public interface IPolicyControl
{
    /// <inheritdoc cref="IPolicyGrain.ListAsync"/>
    Task<PolicyVersion[]> ListAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPolicyGrain.PromoteAsync"/>
    Task<PolicyVersion> PromoteAsync(byte[] file, string report, CancellationToken cancellationToken);

    /// <inheritdoc cref="IPolicyGrain.RollBackAsync"/>
    Task<PolicyVersion?> RollBackAsync(CancellationToken cancellationToken);
}
