using Orleans.Runtime;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A node of the twin: engine threads that take turns, and a router.</summary>
internal sealed class SimulatedNode(int index, WorldNode spec)
{
    /// <summary>Its index.</summary>
    public int Index { get; } = index;

    /// <summary>What it is; replaced when it slows down.</summary>
    public WorldNode Spec { get; set; } = spec;

    /// <summary>Its address.</summary>
    public SiloAddress Address { get; } = SiloAddress.New(System.Net.IPAddress.Loopback, 20_000 + index, 1);

    /// <summary>Its router's snapshot.</summary>
    public RoutingSnapshot Snapshot { get; set; } = RoutingSnapshot.Empty;

    /// <summary>Its router's numbers.</summary>
    public WeylSequence Numbers { get; } = new((index * 0.754877666) % 1);

    /// <summary>Whether it is lost.</summary>
    public bool IsLost { get; set; }

    /// <summary>Replicas by model.</summary>
    public Dictionary<int, SimulatedReplica> Replicas { get; } = [];

    /// <summary>Turns that wait for a thread.</summary>
    public Queue<SimulatedReplica> Waiting { get; } = new();

    /// <summary>Engine threads that run batches.</summary>
    public int Busy { get; set; }

    /// <summary>Intra-op threads under way.</summary>
    public int ThreadsBusy { get; set; }

    /// <summary>Sum of the intensities of the runs under way.</summary>
    public double Pressure { get; set; }

    /// <summary>Bytes reserved.</summary>
    public long Reserved { get; set; }

    /// <summary>Core seconds used.</summary>
    public double CoreSeconds { get; set; }

    /// <summary>Core seconds at the last report.</summary>
    public double CoreSecondsSeen { get; set; }

    /// <summary>Requests sent to other nodes, and their bytes.</summary>
    public (long Requests, long Bytes) Forwarded;

    /// <summary>What its replicas did since the last look of its own agent.</summary>
    public ReplicaCounts Since;
}
