namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The agent's policies as operators see and steer them, from any node.</summary>
public interface IPolicyControl
{
    /// <inheritdoc cref="IPolicyGrain.ListAsync"/>
    Task<PolicyVersion[]> ListAsync(CancellationToken cancellationToken);

    /// <summary>The file of the one in force; null where the planner decides alone.</summary>
    Task<PolicyFile?> GetCurrentAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPolicyGrain.PromoteAsync"/>
    Task<PolicyVersion> PromoteAsync(byte[] file, string report, CancellationToken cancellationToken);

    /// <inheritdoc cref="IPolicyGrain.RollBackAsync"/>
    Task<PolicyVersion?> RollBackAsync(CancellationToken cancellationToken);
}
