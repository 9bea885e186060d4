namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>The cluster as operators see and steer it, from any node.</summary>
public interface IClusterControl
{
    /// <summary>Name of this node.</summary>
    string NodeName { get; }

    /// <summary>What the director sees and wants.</summary>
    /// <exception cref="InferenceException">The director cannot be reached.</exception>
    Task<ClusterState> GetStateAsync(CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.DrainAsync"/>
    Task DrainAsync(string node, bool drain, CancellationToken cancellationToken);

    /// <inheritdoc cref="IPlacementDirectorGrain.PinAsync"/>
    Task PinAsync(string model, ModelPin? pin, CancellationToken cancellationToken);

    /// <summary>Measures what a model costs on a node at several batch sizes.</summary>
    /// <exception cref="InferenceException">There is no such node, or it does not serve the model.</exception>
    Task<Dictionary<int, double>> ProfileAsync(string node, string model, string version, CancellationToken cancellationToken);
}
