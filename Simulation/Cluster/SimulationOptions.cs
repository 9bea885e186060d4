using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>How a simulation runs.</summary>
public sealed record SimulationOptions
{
    /// <summary>Seed of all noise.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Simulated seconds before anything is counted.</summary>
    public double WarmupSeconds { get; init; }

    /// <summary>Simulated seconds between two looks of the director.</summary>
    public double LookSeconds { get; init; } = 1;

    /// <summary>Simulated seconds between two looks of the nodes' own agents.</summary>
    public double FastSeconds { get; init; } = 0.5;

    /// <summary>Seconds that reports take to the director.</summary>
    public double TelemetryDelaySeconds { get; init; }

    /// <summary>Share of reports that are lost, 0 to 1.</summary>
    public double TelemetryLoss { get; init; }

    /// <summary>What happens to nodes.</summary>
    public IReadOnlyList<Incident> Incidents { get; init; } = [];

    /// <summary>Requests carry their objective as deadline.</summary>
    public bool Deadlines { get; init; } = true;

    /// <summary>Whether models are loaded, by the first plan, before time begins.</summary>
    public bool Preloaded { get; init; } = true;

    /// <summary>The node that all clients talk to; null where they spread over all.</summary>
    public int? EntryNode { get; init; }

    /// <summary>Events after which it ends early; 0 for no limit.</summary>
    public long MaxEvents { get; init; }

    /// <summary>Told what the replicas decide; null for nobody.</summary>
    internal ISimulationObserver? Observer { get; init; }

    /// <summary>The plan that it starts from; null for an empty one.</summary>
    public OrleansInference.Grains.Interfaces.Cluster.ClusterPlan? Plan { get; init; }
}
