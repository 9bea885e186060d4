namespace OrleansInference.Grains.Interfaces.Cluster;

/// <summary>
/// Where requests can go now, as the director publishes it: what the plan allows and the nodes have ready.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansInference.RoutingTable")]
public sealed record RoutingTable
{
    /// <summary>The table before the first.</summary>
    public static RoutingTable Empty { get; } = new();

    /// <summary>The epoch of the plan that it belongs to.</summary>
    [Id(0)]
    public long Epoch { get; init; }

    /// <summary>Rises with every table of an epoch.</summary>
    [Id(1)]
    public long Sequence { get; init; }

    /// <summary>Grain type of <see cref="INodeService"/>, with which a client addresses a silo's own.</summary>
    [Id(2)]
    public string NodeServiceType { get; init; } = "";

    /// <summary>The nodes.</summary>
    [Id(3)]
    public NodeRoute[] Nodes { get; init; } = [];

    /// <summary>The models that have a ready replica.</summary>
    [Id(4)]
    public ModelRoute[] Models { get; init; } = [];

    /// <summary>Whether this one is to be used in place of <paramref name="other"/>.</summary>
    public bool IsNewerThan(RoutingTable other) =>
        Epoch > other.Epoch || (Epoch == other.Epoch && Sequence > other.Sequence);
}
