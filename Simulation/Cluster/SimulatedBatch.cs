using OrleansInference.Scheduling.Batching;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A run under way in the twin; used again and again.</summary>
internal sealed class SimulatedBatch
{
    /// <summary>What runs.</summary>
    public List<BatchEntry<SimulatedRequest>> Entries { get; } = [];

    /// <summary>Where.</summary>
    public SimulatedReplica Replica { get; set; } = null!;

    /// <summary>Its rows.</summary>
    public int Rows { get; set; }

    /// <summary>Its threads.</summary>
    public int Threads { get; set; }

    /// <summary>When it began, ticks.</summary>
    public long BeganAt { get; set; }

    /// <summary>Seconds that it takes.</summary>
    public double Seconds { get; set; }
}
