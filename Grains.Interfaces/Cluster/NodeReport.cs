namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>What a node has and does: the director's telemetry.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.NodeReport")]
public sealed record NodeReport
{
    /// <summary>The silo's name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Its address for other silos.</summary>
    [Id(1)]
    public required SiloAddress Address { get; init; }

    /// <summary>Its address for clients, <c>IP:PORT</c>; empty where it has none.</summary>
    [Id(2)]
    public string Gateway { get; init; } = "";

    /// <summary>Grain type of its <see cref="INodeService"/>.</summary>
    [Id(3)]
    public string ServiceType { get; init; } = "";

    /// <summary>What it has.</summary>
    [Id(4)]
    public required NodeResources Resources { get; init; }

    /// <summary>Whether it asked to be emptied, as a silo that stops does.</summary>
    [Id(5)]
    public bool Draining { get; init; }

    /// <summary>
    /// The models that its repository offers without being asked (modes all and poll, <c>--load-model</c>).
    /// </summary>
    [Id(6)]
    public ModelOffer[] Offers { get; init; } = [];

    /// <summary>The model versions that it serves.</summary>
    [Id(7)]
    public ReplicaReport[] Replicas { get; init; } = [];

    /// <summary>Keys of the replica grains that live on it.</summary>
    [Id(8)]
    public string[] ReplicaGrains { get; init; } = [];

    /// <summary>Epoch of the plan that it follows.</summary>
    [Id(9)]
    public long PlanEpoch { get; init; }

    /// <summary>Sequence of the routing table that it uses.</summary>
    [Id(10)]
    public long RoutingSequence { get; init; }

    /// <summary>Fraction of its cores that its process used since the last report, 0 to 1.</summary>
    [Id(11)]
    public double CpuShare { get; init; }

    /// <summary>Bytes of memory reserved for models.</summary>
    [Id(12)]
    public long MemoryReserved { get; init; }

    /// <summary>Requests that other nodes and clients sent to its service, since it started.</summary>
    [Id(13)]
    public long RequestsServed { get; init; }

    /// <summary>Bytes of tensors of those requests and their answers.</summary>
    [Id(14)]
    public long BytesServed { get; init; }

    /// <summary>Requests that it sent to other nodes, since it started.</summary>
    [Id(15)]
    public long RequestsForwarded { get; init; }

    /// <summary>Bytes of tensors of those requests and their answers.</summary>
    [Id(16)]
    public long BytesForwarded { get; init; }

    /// <summary>Models whose folder was removed from a repository that is followed (mode <c>poll</c>).</summary>
    [Id(17)]
    public string[] Withdrawn { get; init; } = [];

    /// <summary>Whether everything that it loads at start has been loaded or has failed.</summary>
    [Id(18)]
    public bool IsReady { get; init; }
}
