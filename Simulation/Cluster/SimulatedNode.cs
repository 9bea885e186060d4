using Orleans.Runtime;
using OrleansInference.Routing.Balancing;
using OrleansInference.Routing.Snapshots;
using OrleansInference.Simulation.World;

namespace OrleansInference.Simulation.Cluster;

/// <summary>A node of the twin: engine threads that take turns, and a router.</summary>
internal sealed class SimulatedNode(int index, WorldNode spec)
{
    /// <summary>The port that makes the first node's address; those of the others follow.</summary>
    private const int FirstPort = 20_000;

    /// <summary>Its index.</summary>
    public int Index { get; } = index;

    /// <summary>What it is; replaced when it slows down.</summary>
    public WorldNode Spec { get; set; } = spec;

    /// <summary>Its address.</summary>
    public SiloAddress Address { get; } = AddressOf(index);

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

    /// <summary>Requests sent to other nodes.</summary>
    public long RequestsForwarded { get; private set; }

    /// <summary>Bytes of them and of their answers.</summary>
    public long BytesForwarded { get; private set; }

    /// <summary>The address of the node with an index.</summary>
    public static SiloAddress AddressOf(int index) =>
        SiloAddress.New(System.Net.IPAddress.Loopback, FirstPort + index, 1);

    /// <summary>The index of the node with an address of <see cref="AddressOf"/>.</summary>
    public static int IndexOf(SiloAddress address) => address.Endpoint.Port - FirstPort;

    /// <summary>Counts a request that is sent to another node.</summary>
    /// <param name="bytes">Bytes of it and of its answer.</param>
    public void CountForwarded(long bytes)
    {
        RequestsForwarded++;
        BytesForwarded += bytes;
    }
}
