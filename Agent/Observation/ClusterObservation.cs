using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>Everything that a plan is made from.</summary>
/// <param name="Nodes">The nodes that are alive.</param>
/// <param name="Models">The models to serve.</param>
public sealed record ClusterObservation(IReadOnlyList<NodeObservation> Nodes, IReadOnlyList<ModelObservation> Models)
{
    /// <summary>The director's clock.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>What the nodes reported.</summary>
    public IReadOnlyCollection<NodeReport> Reports { get; init; } = [];

    /// <summary>What they did since the look before.</summary>
    public ClusterWindow Window { get; init; } = ClusterWindow.Empty;
}
