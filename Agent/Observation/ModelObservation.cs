using Orleans.Runtime;
using OrleansInference.Grains.Interfaces.Cluster;

namespace OrleansInference.Agent.Observation;

/// <summary>A model that is to be served.</summary>
public sealed record ModelObservation
{
    /// <summary>The model.</summary>
    public required string Name { get; init; }

    /// <summary>The revision to serve.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Bytes of one replica, ≥ 0.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Compute seconds a second that its requests ask for now, ≥ 0.</summary>
    public double Demand { get; init; }

    /// <summary>Nodes that have its contents.</summary>
    public IReadOnlyList<SiloAddress> Sources { get; init; } = [];

    /// <summary>What an operator fixed, or null.</summary>
    public ModelPin? Pin { get; init; }
}
