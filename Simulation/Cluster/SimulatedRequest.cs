using OrleansInference.Grains.Interfaces.Inference;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Scheduling.Queues;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A request in the twin.</summary>
internal sealed class SimulatedRequest(InferenceCall request, int model, int rows, long arrivedAt)
    : QueuedRequest(request, rows, ShapeSignature.Fixed)
{
    /// <summary>Index of its model.</summary>
    public int Model { get; } = model;

    /// <summary>When it came to its gateway, ticks.</summary>
    public long ArrivedAt { get; } = arrivedAt;

    /// <summary>The node whose gateway it came to.</summary>
    public int Entry { get; set; }

    /// <summary>What the gateway's router counts it under.</summary>
    public ReplicaTarget? Target { get; set; }

    /// <summary>What the serving node's own router counts it under, where another sent it.</summary>
    public ReplicaLoadState? ServedLoad { get; set; }

    /// <summary>Rows whose batches have ended.</summary>
    public int RowsDone { get; set; }

    /// <summary>Whether a lost node has been retried.</summary>
    public bool Retried { get; set; }
}
