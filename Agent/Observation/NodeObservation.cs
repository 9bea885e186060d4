using Orleans.Runtime;

namespace OrleansInference.Agent.Observation;

/// <summary>A node as the planner sees it.</summary>
public sealed record NodeObservation
{
    /// <summary>Its name; the order of names is the order of preference among equals.</summary>
    public required string Name { get; init; }

    /// <summary>Its address.</summary>
    public required SiloAddress Address { get; init; }

    /// <summary>Bytes that its models may take together.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Whether it is to be emptied.</summary>
    public bool Draining { get; init; }

    /// <summary>Models that it could not load lately, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Failures { get; init; } = new Dictionary<string, string>();

    /// <summary>Seconds a row of the models that it serves, ≥ 0; 0 where nothing was measured.</summary>
    public IReadOnlyDictionary<string, double> SecondsPerRow { get; init; } = new Dictionary<string, double>();
}
